using LiveHub.Backplane;
using LiveHub.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.PostgreSql.Tests;

/// <summary>Rules 10 and 11: a snapshot says which transactions it shows, and nothing of those can take its rows back.</summary>
public sealed class SnapshotFilterTests(PostgresServer server)
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Rule_11_a_change_that_the_snapshot_shows_and_that_is_published_late_takes_nothing_back(bool readAgain, bool resumed)
    {
        var late = new LateLog();
        await using var shop = await Shop.StartAsync(
            server,
            services: services => services.AddSingleton<IBackplane>(s => late.Around(ActivatorUtilities.CreateInstance<MemoryBackplane>(s))),
            live: live => live.UsePostgreSql());
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl, hello: false);
        await client.SendAsync("""{"type":"hello","protocol":{"min":1,"max":1}}""");
        var view = new RawView();
        if (readAgain)
        {
            await client.SubscribeAsync(1, "Item");
            await client.UntilAsync(view, v => v.Rows(1)?.Count == 1);
        }

        // Held up between its commit and the log, while a program that LiveHub does not see writes after it.
        late.HoldsUp = true;
        await shop.RenameAsync(1, "held up");
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'newest' where "Id" = 1""");
        if (readAgain)
        {
            late.HoldsUp = false;
            await shop.App.Services.GetRequiredService<ILiveHub>().InvalidateAsync<Item>();
        }
        else
        {
            await client.SubscribeAsync(1, "Item");
        }

        await client.UntilAsync(view, v => (string?)v.Rows(1)?.Values.SingleOrDefault()?["name"] == "newest");
        await using var another = resumed ? await ReturnAsync(shop, view) : null;
        late.LetGo();
        await shop.AddItemsAsync(2, "marker");
        await (another ?? client).UntilAsync(view, v => v.Rows(1)!.Count == 2);
        Assert.Contains(view.Rows(1)!.Values, row => (string?)row["name"] == "newest");
        Assert.All((another ?? client).Frames.Where(f => f.Contains("held up", StringComparison.Ordinal)), f => Assert.Contains("\"transaction\":\"", f, StringComparison.Ordinal));
    }

    private static async Task<RawClient> ReturnAsync(Shop shop, RawView view)
    {
        var client = await RawClient.ConnectAsync(shop.HubUrl, hello: false);
        await client.SendAsync($$"""{"type":"hello","protocol":{"min":1,"max":1},"position":{{view.Position.ToJsonString()}}}""");
        await client.SubscribeAsync(1, "Item", $",\"fingerprint\":\"{view.Fingerprints[1]}\"");
        var steps = view.Steps;
        await client.UntilAsync(view, v => v.Steps > steps);
        Assert.Single(view.Resumed);
        return client;
    }
}
