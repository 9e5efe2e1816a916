using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Hubs;

public sealed class SubscribeTests(PostgresServer server)
{
    [Fact]
    public async Task A_snapshot_comes_first_and_changes_follow()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item", ",\"where\":{\"shelfId\":1}");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);
        Assert.Equal("""{"id":1,"done":false,"isDeleted":false,"name":"cup","ownerId":null,"shelfId":1}""", view.Rows(1)!["1"].ToJsonString());

        await shop.WithDbAsync(async db =>
        {
            (await db.Items.SingleAsync()).Name = "bowl";
            db.Items.Add(new() { ShelfId = 1, Name = "fork" });
            db.Items.Add(new() { ShelfId = 2, Name = "knife" });
            await db.SaveChangesAsync();
        });
        view = await client.UntilAsync(view, v => v.Rows(1)!.Count == 2);
        Assert.Equal(["bowl", "fork"], view.Rows(1)!.Values.Select(r => (string?)r["name"]));
        Assert.Equal(2, view.Steps);
    }

    [Fact]
    public async Task C8_a_row_seen_by_key_by_foreign_key_and_by_entity_is_sent_once()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SendAsync("""
            {"type":"subscribe","subscriptions":[
              {"id":1,"entity":"Item","keys":[1]},{"id":2,"entity":"Item","where":{"shelfId":1}},{"id":3,"entity":"Item"}]}
            """);
        var view = await client.UntilAsync(new(), v => v.Rows(3) is not null);
        Assert.Equal(1, view.Steps);
        var frames = client.Frames.Count;

        await shop.RenameAsync(1, "bowl");
        view = await client.UntilAsync(view, v => v.Steps == 2);

        Assert.Equal(frames + 1, client.Frames.Count);
        Assert.Equal(1, client.Frames[^1].Split("bowl").Length - 1);
        Assert.All([1, 2, 3], id => Assert.Equal("bowl", (string?)view.Rows(id)!["1"]["name"]));
    }

    [Fact]
    public async Task G6_a_row_that_moves_leaves_one_shape_and_enters_the_other_in_one_step()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item", ",\"where\":{\"shelfId\":1}");
        await client.SubscribeAsync(2, "Item", ",\"where\":{\"shelfId\":2}");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        var steps = view.Steps;

        await shop.WithDbAsync(async db =>
        {
            (await db.Items.SingleAsync()).ShelfId = 2;
            await db.SaveChangesAsync();
        });
        view = await client.UntilAsync(view, v => v.Steps > steps);

        Assert.Empty(view.Rows(1)!);
        Assert.Single(view.Rows(2)!);
    }

    [Fact]
    public async Task G8_a_hidden_column_is_in_no_message_and_its_change_alone_sends_nothing()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);

        await shop.WithDbAsync(async db =>
        {
            (await db.Items.SingleAsync()).Secret = "hush";
            await db.SaveChangesAsync();
        });
        await shop.RenameAsync(1, "marker");
        view = await client.UntilAsync(view, v => v.Steps == 2);

        Assert.Equal("marker", (string?)view.Rows(1)!["1"]["name"]);
        Assert.DoesNotContain(client.Frames, f => f.Contains("hush") || f.Contains("secret", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_closed_subscription_gets_nothing_more()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item", ",\"columns\":[\"name\"]");
        await client.SubscribeAsync(2, "Shelf");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        await client.SendAsync("""{"type":"unsubscribe","ids":[1,99]}""");
        await client.SendAsync("""{"type":"subscribe","subscriptions":[{"id":3,"entity":"Price"}]}""");
        view = await client.UntilAsync(view, v => v.Rows(3) is not null);

        await shop.RenameAsync(1, "unseen");
        await shop.WithDbAsync(async db =>
        {
            db.Shelves.Add(new() { Name = "marker" });
            await db.SaveChangesAsync();
        });
        view = await client.UntilAsync(view, v => v.Rows(2)!.Count == 3);

        Assert.DoesNotContain(client.Frames, f => f.Contains("unseen"));
    }

    [Fact]
    public async Task C6_a_connection_that_ends_leaves_nothing_behind()
    {
        await using var shop = await Shop.StartAsync(server);
        var router = shop.Router;
        await using var lasting = await RawClient.ConnectAsync(shop.HubUrl);
        await lasting.SubscribeAsync(1, "Item");
        await lasting.UntilAsync(new(), v => v.Rows(1) is not null);
        for (var i = 0; i < 20; i++)
        {
            await using var passing = await RawClient.ConnectAsync(shop.HubUrl);
            await passing.SubscribeAsync(1, "Item", $",\"where\":{{\"shelfId\":{i}}}");
            await passing.SubscribeAsync(2, "Item");
            if (i % 2 == 0)
            {
                await passing.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
            }
        }

        await Until.TrueAsync(() => router.Count() == (1, 1), () => $"{router.Count()} are left");
    }

    [Fact]
    public async Task Two_subscriptions_to_equal_shapes_share_one_shape_until_the_last_is_closed()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item", ",\"where\":{\"shelfId\":{\"in\":[1,2]}}");
        await client.SubscribeAsync(2, "Item", ",\"where\":{\"shelfId\":{\"in\":[2,1]}}");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        Assert.Same(view.Rows(1), view.Rows(2));

        await client.SendAsync("""{"type":"unsubscribe","ids":[1]}""");
        await shop.RenameAsync(1, "bowl");
        view = await client.UntilAsync(view, v => (string?)v.Rows(2)!["1"]["name"] == "bowl");
        Assert.Equal((1, 1), shop.Router.Count());
    }
}
