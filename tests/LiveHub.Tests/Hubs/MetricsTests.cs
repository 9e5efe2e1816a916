using LiveHub.Backplane;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Tests.Hubs;

public sealed class MetricsTests(PostgresServer server)
{
    [Fact]
    public async Task The_meter_follows_connections_subscriptions_changesets_and_rows()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup", "fork");
        using var measured = new Measured(shop.App.Services);
        await using (var client = await RawClient.ConnectAsync(shop.HubUrl))
        {
            await client.SendAsync("""{"type":"subscribe","subscriptions":[{"id":1,"entity":"Item"},{"id":2,"entity":"Shelf"},{"id":3,"entity":"Item"}]}""");
            var view = await client.UntilAsync(new(), v => v.Rows(3) is not null);
            await Until.TrueAsync(() => measured["livehub.rows.sent"] == 4, measured.ToString);
            Assert.Equal((1, 3), (measured["livehub.connections"], measured["livehub.subscriptions"]));

            await shop.RenameAsync(1, "bowl");
            await client.UntilAsync(view, v => (string?)v.Rows(1)!["1"]["name"] == "bowl");
            await Until.TrueAsync(() => measured["livehub.rows.sent"] == 5, measured.ToString);
            Assert.Equal((1, 1, 0), (measured["livehub.changesets"], measured["livehub.lag"], measured["livehub.queue.bytes"]));

            await client.SendAsync("""{"type":"unsubscribe","ids":[1]}""");
            await Until.TrueAsync(() => measured["livehub.subscriptions"] == 2, measured.ToString);
        }

        await Until.TrueAsync(() => measured["livehub.connections"] == 0, measured.ToString);
        Assert.Equal((0, 0), (measured["livehub.subscriptions"], measured["livehub.resets slow"] + measured["livehub.resets log"]));
    }

    [Fact]
    public async Task Connections_that_start_again_are_counted_with_the_reason()
    {
        await using var shop = await Shop.StartAsync(server);
        using var measured = new Measured(shop.App.Services);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        shop.Log.BeginEpoch();
        await Until.TrueAsync(() => measured["livehub.resets log"] == 1, measured.ToString);
        await Until.TrueAsync(() => measured["livehub.connections"] == 0, measured.ToString);
    }
}
