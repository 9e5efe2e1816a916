using LiveHub.Snapshots;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Hubs;

/// <summary>Rule 19: a client that does not read costs nobody else anything, and ends right when it does.</summary>
public sealed class SlowClientTests(PostgresServer server)
{
    private const int MaxRows = 100;
    private static readonly string Long = new('x', 20_000);

    [Fact]
    public async Task G9_S6_a_client_that_does_not_read_is_caught_up_when_it_does_and_costs_nobody_else_anything()
    {
        await using var shop = await StartAsync();
        using var measured = new Measured(shop.App.Services);
        await using var stuck = await SubscribedAsync(shop);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);

        await OverflowAsync(shop, measured);
        var most = measured["livehub.queue.bytes"];
        for (var i = 0; i < 3 * MaxRows; i++)
        {
            await shop.AddItemsAsync(1, $"{i}");
        }

        // They reach who reads, and what waits for the stuck one is no more than before.
        var count = await shop.WithDbAsync(db => db.Items.CountAsync());
        await client.UntilAsync(view, v => v.Rows(1)!.Count == count);
        Assert.InRange(measured["livehub.queue.bytes"], 0, most);

        // What it missed comes in one step, each row once, as it is now.
        await shop.WithDbAsync(async db =>
        {
            foreach (var item in await db.Items.ToListAsync())
            {
                item.Name = item.Id % 2 == 0 ? "even" : "odd";
            }

            await db.SaveChangesAsync();
            db.Remove(await db.Items.SingleAsync(i => i.Id == 1));
            await db.SaveChangesAsync();
        });
        var late = await ReadOnAsync(shop, stuck);
        Assert.InRange(late.RowOps, count, (2 * count) + 1);
        Assert.Equal((2, 0, 0), (measured["livehub.connections"], measured["livehub.resets slow"], measured["livehub.resets log"]));

        await shop.RenameAsync(2, "and on");
        await stuck.UntilAsync(late, v => (string?)v.Rows(1)!["2"]["name"] == "and on");
    }

    [Fact]
    public async Task Rule_19_what_must_be_read_again_of_what_was_dropped_is()
    {
        await using var shop = await StartAsync();
        using var measured = new Measured(shop.App.Services);
        await using var stuck = await SubscribedAsync(shop, "Shelf");
        await OverflowAsync(shop, measured);
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Shelves" set "Name" = 'told of' where "Id" = 1""");
        await shop.Live.InvalidateAsync<Shelf>();
        await shop.AddItemsAsync(1, "after");
        await shop.AddShelfAsync("third");
        var late = await ReadOnAsync(shop, stuck);
        await stuck.UntilAsync(late, v => v.Rows(2)!.Count == 3);
        Assert.Equal(["told of", "bottom", "third"], late.Rows(2)!.OrderBy(r => (int)r.Value["id"]!).Select(r => (string?)r.Value["name"]));
        Assert.Equal(0, measured["livehub.resets slow"]);
    }

    [Fact]
    public async Task Rule_19_what_is_asked_for_while_it_is_behind_enters_at_the_same_position()
    {
        await using var shop = await StartAsync();
        using var measured = new Measured(shop.App.Services);
        await using var stuck = await SubscribedAsync(shop);
        await OverflowAsync(shop, measured);
        await stuck.SubscribeAsync(2, "Shelf");
        await stuck.SubscribeAsync(3, "Item", ",\"columns\":[\"name\"]");
        await shop.AddItemsAsync(1, "after");
        var late = await ReadOnAsync(shop, stuck);
        await stuck.UntilAsync(late, v => v.Rows(2) is not null && v.Rows(3) is not null);
        Assert.Equal(late.Rows(1)!.Count, late.Rows(3)!.Count);
    }

    [Fact]
    public async Task P11_what_is_asked_for_while_something_is_written_is_accepted_before_its_rows_come()
    {
        await using var shop = await StartAsync();
        using var measured = new Measured(shop.App.Services);
        await shop.AddItemsAsync(1, "first");
        await using var stuck = await SubscribedAsync(shop);
        await Until.TrueAsync(() => measured["livehub.rows.sent"] == 1, measured.ToString);

        // A step of many messages, of which the transport takes some, while the next one waits.
        for (var i = 0; measured["livehub.queue.bytes"] == 0; i++)
        {
            Assert.True(i < 100, "the transport takes everything");
            await shop.WithDbAsync(db =>
            {
                db.Items.AddRange(Enumerable.Repeat(Long, MaxRows / 2).Select(name => new Item { ShelfId = 1, Name = name }));
                return db.SaveChangesAsync();
            });
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        var snapshots = shop.App.Services.GetRequiredService<SharedSnapshots>();
        await stuck.SubscribeAsync(2, "Shelf");
        await Until.TrueAsync(() => shop.Router.Count() == (1, 2) && snapshots.Count == (0, 0), () => "the shelves are not read");
        await Task.Delay(200, TestContext.Current.CancellationToken);
        stuck.Read();
        var ofShelves = new List<string>();
        while (ofShelves.Count < 2)
        {
            var message = await stuck.NextAsync();
            if (message.ToJsonString().Contains("\"Shelf\"", StringComparison.Ordinal) || message.ToJsonString().Contains("\"shape\":2,", StringComparison.Ordinal))
            {
                ofShelves.Add((string)message["type"]!);
            }
        }

        Assert.Equal("subscribed", ofShelves[0]);
    }

    [Fact]
    public async Task G9_who_does_not_read_for_longer_than_the_log_reaches_is_let_go()
    {
        await using var shop = await StartAsync(o => o.LogRetention.Count = 2 * MaxRows);
        using var measured = new Measured(shop.App.Services);
        await using var stuck = await SubscribedAsync(shop);
        await OverflowAsync(shop, measured);
        for (var i = 0; i < 3 * MaxRows; i++)
        {
            await shop.AddItemsAsync(1, $"{i}");
        }

        stuck.Read();
        await stuck.Closed.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await Until.TrueAsync(() => (measured["livehub.connections"], measured["livehub.resets slow"]) == (0, 1), measured.ToString);
    }

    /// <summary>SignalR would give up who takes nothing for 10 s.</summary>
    private Task<Shop> StartAsync(Action<LiveHubOptions>? options = null)
        => Shop.StartAsync(
            server,
            o =>
            {
                o.MaxQueuedRows = MaxRows;
                options?.Invoke(o);
            },
            map: app => app.MapLiveHub("/live", o => o.TransportSendTimeout = TimeSpan.FromMinutes(5)));

    /// <summary>A client that does not read.</summary>
    private static async Task<RawClient> SubscribedAsync(Shop shop, string? second = null)
    {
        var stuck = await RawClient.ConnectAsync(shop.HubUrl, read: false);
        await stuck.SubscribeAsync(1, "Item");
        if (second is not null)
        {
            await stuck.SubscribeAsync(2, second);
        }

        await Until.TrueAsync(() => shop.Router.Count() == (1, second is null ? 1 : 2), () => "the stuck client has not subscribed");
        return stuck;
    }

    /// <summary>Writes until more waits for the stuck one than may.</summary>
    private static async Task OverflowAsync(Shop shop, Measured measured)
    {
        for (var i = 0; measured["livehub.overflows"] == 0; i++)
        {
            Assert.True(i < 2_000, "the stuck client never fell behind");
            await shop.AddItemsAsync(1, Long);
        }
    }

    private static async Task<RawView> ReadOnAsync(Shop shop, RawClient stuck)
    {
        var items = await shop.WithDbAsync(db => db.Items.OrderBy(i => i.Id).ToListAsync());
        stuck.Read();
        return await stuck.UntilAsync(
            new(), v => v.Rows(1) is { } rows && rows.Count == items.Count && items.All(i => (string?)rows.GetValueOrDefault($"{i.Id}")?["name"] == i.Name));
    }
}
