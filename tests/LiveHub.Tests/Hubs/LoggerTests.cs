using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveHub.Tests.Hubs;

/// <summary>The application's logger may throw; what is logged is bad enough without that.</summary>
public sealed class LoggerTests(PostgresServer server)
{
    [Fact]
    public async Task A_logger_that_throws_neither_ends_the_router_nor_keeps_connections_that_are_given_up()
    {
        using var log = new LogLines();
        await using var shop = await Shop.StartAsync(server, services: services => services.AddSingleton<ILoggerProvider>(log));
        log.Throws = true;
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        await client.UntilAsync(new(), v => v.Rows(1) is not null);

        // Its row has no values, so that the router fails on it.
        shop.Log.Append(Catalog.Changeset(Change.Between(shop.App.Services.GetRequiredService<LiveModel>().Find("Item")!, 1, null, new([]))!));
        await client.Closed.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        await using var next = await RawClient.ConnectAsync(shop.HubUrl);
        await next.SubscribeAsync(1, "Item");
        var view = await next.UntilAsync(new(), v => v.Rows(1) is not null);
        await shop.RenameAsync(1, "bowl");
        await next.UntilAsync(view, v => (string?)v.Rows(1)!["1"]["name"] == "bowl");
        Assert.Equal([3, 6], log.Events.Where(e => e is 3 or 6));
    }

    [Fact]
    public async Task A_logger_that_throws_does_not_keep_from_a_client_that_its_snapshot_failed()
    {
        using var log = new LogLines();
        await using var shop = await Shop.StartAsync(server, services: services => services.AddSingleton<ILoggerProvider>(log));
        log.Throws = true;
        await PostgresServer.ExecuteAsync(shop.ConnectionString, "drop table \"Prices\"");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Price");
        var view = await client.UntilAsync(new(), v => v.Errors.Count > 0);
        Assert.Equal("snapshot_failed", (string?)view.Errors[0]["code"]);
        Assert.Contains(5, log.Events);
    }
}
