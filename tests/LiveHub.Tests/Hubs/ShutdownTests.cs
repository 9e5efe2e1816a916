using System.Text.Json.Nodes;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveHub.Tests.Hubs;

public sealed class ShutdownTests(PostgresServer server)
{
    [Fact]
    public async Task Clients_get_all_that_waits_and_are_told_when_to_come_back_each_at_another_time()
    {
        const int clients = 20;
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup");
        var open = await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            var client = await RawClient.ConnectAsync(shop.HubUrl);
            await client.SubscribeAsync(1, "Item");
            return (Client: client, View: await client.UntilAsync(new(), v => v.Rows(1) is not null));
        }));
        for (var i = 1; i <= 100; i++)
        {
            await shop.RenameAsync(1, $"name {i}");
        }

        var retries = Task.WhenAll(open.Select(async o =>
        {
            await using var client = o.Client;
            var retryMs = await LeaveAsync(client, o.View);
            Assert.Equal("name 100", (string?)o.View.Rows(1)!["1"]["name"]);
            return retryMs;
        }));
        await shop.App.StopAsync(TestContext.Current.CancellationToken);
        Assert.All(await retries, retryMs => Assert.InRange(retryMs, 100, 100 + (2 * clients)));
        Assert.NotEqual(1, (await retries).Distinct().Count());
        Assert.Equal((0, 0), shop.Router.Count());
    }

    [Fact]
    public async Task G9_who_reads_slowly_gets_all_who_does_not_read_holds_nobody_up_for_long_and_who_comes_late_is_sent_away()
    {
        using var log = new LogLines();

        // SignalR would give the stuck one up itself, after 10 s.
        await using var shop = await Shop.StartAsync(
            server,
            services: services => services.AddSingleton<ILoggerProvider>(log),
            map: app => app.MapLiveHub("/live", o => o.TransportSendTimeout = TimeSpan.FromMinutes(5)));
        await using var stuck = await RawClient.ConnectAsync(shop.HubUrl, read: false);
        await stuck.SubscribeAsync(1, "Item");
        await using var slow = await RawClient.ConnectAsync(shop.HubUrl, read: false);
        await slow.SubscribeAsync(1, "Item");
        await Until.TrueAsync(() => shop.Router.Count() == (2, 1), () => $"{shop.Router.Count()}");
        var filler = new string('x', 100_000);
        for (var i = 0; i < 100; i++)
        {
            await shop.AddItemsAsync(1, filler);
        }

        var stopping = Task.Run(() => shop.App.StopAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        slow.Read();
        var view = new RawView();
        await LeaveAsync(slow, view);
        Assert.Equal(100, view.Rows(1)!.Count);
        await using (var late = await RawClient.ConnectAsync(shop.HubUrl, hello: false))
        {
            await late.SendAsync("""{"type":"hello","protocol":{"min":1,"max":1},"client":"late"}""");
            await LeaveAsync(late, new());
        }

        await Until.TrueAsync(() => log.Events.Contains(17), () => "The stuck one holds the stop up.");
        await stopping;
    }

    /// <summary>Takes in what comes, until it is sent away.</summary>
    /// <returns>How long it is to wait.</returns>
    private static async Task<int> LeaveAsync(RawClient client, RawView view)
    {
        JsonObject message;
        while ((string?)(message = await client.NextAsync())["type"] is "welcome" or "subscribed" or "steps" or "part")
        {
            view.Apply(message);
        }

        Assert.Equal("going-away", (string?)message["type"]);
        client.Abort();
        return (int)message["retryMs"]!;
    }
}
