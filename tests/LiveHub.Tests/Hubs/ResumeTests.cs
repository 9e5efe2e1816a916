using System.Text.Json.Nodes;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Hubs;

/// <summary>Rule 20: who comes back gets what it missed, each row once, and nothing is read for it.</summary>
public sealed class ResumeTests(PostgresServer server)
{
    private const string ByShelf = ",\"where\":{\"shelfId\":1}";

    private readonly CommandCounter _queries = new();

    [Fact]
    public async Task G7_S2_who_was_away_for_ten_thousand_changes_gets_a_message_a_row_and_nothing_is_read()
    {
        await using var shop = await StartAsync();
        await shop.AddItemsAsync(1, "cup", "jug", "pot");
        await shop.AddItemsAsync(2, "fork");
        var view = new RawView();
        await LeaveAsync(shop, view, (1, "Item", ""), (2, "Item", ByShelf), (3, "Shelf", ""));
        var before = view.SnapshotRows;

        await shop.WithDbAsync(async db =>
        {
            var items = await db.Items.OrderBy(i => i.Id).ToListAsync();
            for (var i = 0; i < 2_500; i++)
            {
                items.ForEach(item => item.Name = $"{item.Id} {i}");
                await db.SaveChangesAsync();
            }

            items[1].ShelfId = 2;
            items[3].ShelfId = 1;
            db.Remove(items[2]);
            db.Add(new Item { ShelfId = 1, Name = "spoon" });
            await db.SaveChangesAsync();
        });
        await shop.AddItemsAsync(1, "short-lived");
        await shop.WithDbAsync(db => db.Items.Where(i => i.Name == "short-lived").ForEachAsync(item => db.Remove(item)).ContinueWith(_ => db.SaveChangesAsync()).Unwrap());

        _queries.Reset();
        await using var client = await ReturnAsync(shop, view, (1, "Item", ""), (2, "Item", ByShelf), (3, "Shelf", ""));
        Assert.Equal(0, _queries.Count("SELECT"));
        Assert.Equal([1, 2, 3], view.Resumed.Order());
        Assert.Equal((5, before), (view.RowOps, view.SnapshotRows));
        await EqualsTableAsync(shop, view);
        Assert.Equal(2, client.Frames.Count);

        // It goes on as if it had never been away.
        await shop.RenameAsync(1, "mug");
        await client.UntilAsync(view, v => (string?)v.Rows(2)!["1"]["name"] == "mug");
        await EqualsTableAsync(shop, view);
    }

    [Fact]
    public async Task G7_who_missed_nothing_gets_nothing_and_is_live()
    {
        await using var shop = await StartAsync();
        await shop.AddItemsAsync(1, "cup");
        var view = new RawView();
        await LeaveAsync(shop, view, (1, "Item", ""));
        var steps = view.Steps;
        await using var client = await ReturnAsync(shop, view, (1, "Item", ""));
        Assert.Equal((steps + 1, 0, 1), (view.Steps, view.RowOps, view.SnapshotRows));
    }

    [Fact]
    public async Task Rule_20_what_is_asked_for_otherwise_is_read_and_enters_with_what_goes_on()
    {
        await using var shop = await StartAsync();
        await shop.AddItemsAsync(1, "cup");
        await shop.AddItemsAsync(2, "fork");
        var view = new RawView();
        await LeaveAsync(shop, view, (1, "Item", ByShelf), (2, "Item", ""));
        await shop.AddItemsAsync(1, "jug");
        var steps = view.Steps;

        // Under its number and with its fingerprint, but another shape.
        await using var client = await ReturnAsync(shop, view, (1, "Item", ",\"where\":{\"shelfId\":2}"), (2, "Item", ""));
        Assert.Equal((steps + 1, 2), (view.Steps, Assert.Single(view.Resumed)));
        Assert.Equal(["fork"], view.Rows(1)!.Values.Select(r => (string?)r["name"]));
        Assert.Equal(3, view.Rows(2)!.Count);
    }

    [Fact]
    public async Task G12_the_log_is_gone_through_once_a_connection_however_often_it_is_asked()
    {
        await using var shop = await StartAsync();
        await shop.AddItemsAsync(1, "cup");
        var view = new RawView();
        await LeaveAsync(shop, view, (1, "Item", ""), (2, "Shelf", ""));
        await using var client = await ReturnAsync(shop, view, (1, "Item", ""));
        var steps = view.Steps;
        await SubscribeAsync(client, view, [(2, "Shelf", "")]);
        await client.UntilAsync(view, v => v.Steps > steps);
        Assert.Equal(1, Assert.Single(view.Resumed));
        Assert.Equal(2, view.Rows(2)!.Count);
    }

    [Fact]
    public async Task Rule_20_what_must_be_read_again_is_and_the_rest_goes_on()
    {
        await using var shop = await StartAsync();
        await shop.AddItemsAsync(1, "cup");
        var view = new RawView();
        await LeaveAsync(shop, view, (1, "Item", ""), (2, "Shelf", ""));
        await shop.AddShelfAsync("third");
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'bowl'""");
        await shop.Live.InvalidateAsync<Item>(i => i.Id == 1);

        _queries.Reset();
        await using var client = await ReturnAsync(shop, view, (1, "Item", ""), (2, "Shelf", ""));
        Assert.Equal(2, Assert.Single(view.Resumed));
        Assert.Equal((1, 0), (_queries.Count("\"Items\""), _queries.Count("\"Shelves\"")));
        Assert.Equal(["bowl"], view.Rows(1)!.Values.Select(r => (string?)r["name"]));
        Assert.Equal(3, view.Rows(2)!.Count);
    }

    [Fact]
    public async Task G7_who_was_away_for_longer_than_the_log_reaches_is_sent_all_rows()
    {
        await using var shop = await StartAsync(o => o.LogRetention.Count = 5);
        await shop.AddItemsAsync(1, "cup");
        var view = new RawView();
        await LeaveAsync(shop, view, (1, "Item", ""));
        await shop.AddItemsAsync(1, "a", "b", "c", "d", "e", "f");
        await using var client = await ReturnAsync(shop, view, (1, "Item", ""));
        Assert.Empty(view.Resumed);
        Assert.Empty(view.Errors);
        await EqualsTableAsync(shop, view);
    }

    [Fact]
    public async Task G7_the_log_reaches_back_to_the_entry_after_a_client_s_own()
    {
        await using var shop = await StartAsync(o => o.LogRetention.Count = 5);
        await shop.AddItemsAsync(1, "cup");
        var view = new RawView();
        await LeaveAsync(shop, view, (1, "Item", ""));
        await shop.AddItemsAsync(1, "a", "b", "c", "d", "e");
        await using var client = await ReturnAsync(shop, view, (1, "Item", ""));
        Assert.Single(view.Resumed);
        await EqualsTableAsync(shop, view);
    }

    [Fact]
    public async Task Rule_20_who_is_idle_hears_how_far_the_log_has_come_and_goes_on_from_there()
    {
        await using var shop = await StartAsync(o => (o.LogRetention.Count, o.HeartbeatInterval) = (5, TimeSpan.FromSeconds(1)));
        var view = new RawView();
        await LeaveAsync(shop, view, (1, "Shelf", ""));
        await using (var idle = await ReturnAsync(shop, view, (1, "Shelf", "")))
        {
            var steps = view.Steps;
            await shop.AddItemsAsync(1, "a", "b", "c", "d", "e", "f", "g");
            await idle.UntilAsync(view, v => v.Offset == shop.Router.Routed.Offset);
            Assert.Equal(0, view.RowOps);
            Assert.InRange(view.Steps, steps + 1, steps + 7);
        }

        await using var client = await ReturnAsync(shop, view, (1, "Shelf", ""));
        Assert.Single(view.Resumed);
    }

    [Theory]
    [InlineData("offset", 1_000_000)]
    [InlineData("offset", -1)]
    [InlineData("tag", "0123456789abcdef")]
    [InlineData("tag", "not hexadecimal")]
    [InlineData("epoch", null)]
    public async Task B1_a_position_that_the_log_does_not_have_is_told_and_all_rows_are_sent(string field, object? made)
    {
        await using var shop = await StartAsync();
        await shop.AddItemsAsync(1, "cup");
        var view = new RawView();
        await LeaveAsync(shop, view, (1, "Item", ""));
        var position = view.Position;
        position[field] = JsonValue.Create(made);
        await using var client = await ReturnAsync(shop, view, position, (1, "Item", ""));
        Assert.Equal("unknown_position", (string?)Assert.Single(view.Errors)["code"]);
        Assert.Empty(view.Resumed);
        await EqualsTableAsync(shop, view);
    }

    [Fact]
    public async Task G7_a_position_of_another_log_is_no_error()
    {
        await using var shop = await StartAsync();
        var view = new RawView();
        await LeaveAsync(shop, view, (1, "Item", ""));
        shop.Log.BeginEpoch();
        await shop.AddItemsAsync(1, "cup");
        await using var client = await ReturnAsync(shop, view, (1, "Item", ""));
        Assert.Empty(view.Errors);
        Assert.Empty(view.Resumed);
        await EqualsTableAsync(shop, view);
    }

    [Fact]
    public async Task G3_who_comes_and_goes_while_others_write_misses_nothing()
    {
        await using var shop = await StartAsync();
        await shop.AddItemsAsync(1, "0", "0", "0");
        var view = new RawView();
        using var stopping = new CancellationTokenSource();
        var writing = Task.WhenAll(Enumerable.Range(1, 3).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            for (var i = 0; !stopping.IsCancellationRequested; i++)
            {
                await shop.WithDbAsync(async db =>
                {
                    var own = await db.Items.SingleAsync(item => item.Id == writer);
                    (own.Name, own.ShelfId) = ($"{writer} {i}", random.Next(1, 3));
                    await db.SaveChangesAsync();
                });
            }
        })));
        await LeaveAsync(shop, view, (1, "Item", ""), (2, "Item", ByShelf));
        for (var i = 0; i < 40; i++)
        {
            await using var client = await ReturnAsync(shop, view, (1, "Item", ""), (2, "Item", ByShelf));
            var steps = view.Steps;
            await client.UntilAsync(view, v => v.Steps >= steps + (i % 5));
            Assert.Equal(view.Rows(1)!.Where(r => (int?)r.Value["shelfId"] == 1).Select(Text).Order(), view.Rows(2)!.Select(Text).Order());
        }

        await stopping.CancelAsync();
        await writing;
        await using var last = await ReturnAsync(shop, view, (1, "Item", ""), (2, "Item", ByShelf));
        await EqualsTableAsync(shop, view);

        static string Text(KeyValuePair<string, JsonObject> row) => row.Value.ToJsonString();
    }

    private Task<Shop> StartAsync(Action<LiveHubOptions>? options = null)
        => Shop.StartAsync(server, options, services => services.ConfigureDbContext<ShopDb>(o => o.AddInterceptors(_queries)));

    /// <summary>Subscribes, waits for the rows, and goes.</summary>
    private static async Task LeaveAsync(Shop shop, RawView view, params (int Id, string Entity, string More)[] subscriptions)
    {
        await using (var client = await RawClient.ConnectAsync(shop.HubUrl, hello: false))
        {
            await client.SendAsync("""{"type":"hello","protocol":{"min":1,"max":1}}""");
            await SubscribeAsync(client, view, subscriptions);
            await client.UntilAsync(view, v => subscriptions.All(s => v.Rows(s.Id) is not null));
        }

        await Until.TrueAsync(() => shop.Router.Count() == (0, 0), () => $"{shop.Router.Count()}");
    }

    private static Task<RawClient> ReturnAsync(Shop shop, RawView view, params (int Id, string Entity, string More)[] subscriptions)
        => ReturnAsync(shop, view, view.Position, subscriptions);

    /// <summary>Comes back with what it has, and waits for the step that brings it up to date.</summary>
    private static async Task<RawClient> ReturnAsync(Shop shop, RawView view, JsonObject position, params (int Id, string Entity, string More)[] subscriptions)
    {
        view.Resumed.Clear();
        var client = await RawClient.ConnectAsync(shop.HubUrl, hello: false);
        await client.SendAsync($$"""{"type":"hello","protocol":{"min":1,"max":1},"position":{{position.ToJsonString()}}}""");
        await SubscribeAsync(client, view, subscriptions);
        var steps = view.Steps;
        await client.UntilAsync(view, v => v.Steps > steps);
        return client;
    }

    private static Task SubscribeAsync(RawClient client, RawView view, (int Id, string Entity, string More)[] subscriptions)
    {
        var asked = subscriptions.Select(s => $$"""{"id":{{s.Id}},"entity":"{{s.Entity}}"{{s.More}}{{(view.Fingerprints.TryGetValue(s.Id, out var known) ? $",\"fingerprint\":\"{known}\"" : "")}}}""");
        return client.SendAsync($$"""{"type":"subscribe","subscriptions":[{{string.Join(',', asked)}}]}""");
    }

    /// <summary>The first subscription is to all items, the second, where there is one, to those of the first shelf.</summary>
    private static async Task EqualsTableAsync(Shop shop, RawView view)
    {
        var items = await shop.WithDbAsync(db => db.Items.OrderBy(i => i.Id).ToListAsync());
        Assert.Equal(items.Select(i => $"{i.Id} {i.ShelfId} {i.Name}"), Shown(1));
        if (view.Fingerprints.ContainsKey(2))
        {
            Assert.Equal(items.Where(i => i.ShelfId == 1).Select(i => $"{i.Id} {i.ShelfId} {i.Name}"), Shown(2));
        }

        IEnumerable<string> Shown(int id) => view.Rows(id)!.Values.OrderBy(r => (int)r["id"]!).Select(r => $"{r["id"]} {r["shelfId"]} {r["name"]}");
    }
}
