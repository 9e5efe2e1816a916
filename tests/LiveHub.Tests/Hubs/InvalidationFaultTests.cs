using LiveHub.Tests.Infrastructure;

namespace LiveHub.Tests.Hubs;

/// <summary>Rules 5, 12 and 19: what fails, is closed, is too large or takes too long while rows are read again holds nothing else up.</summary>
public sealed class InvalidationFaultTests(PostgresServer server)
{
    [Fact]
    public async Task Rule_12_what_is_too_large_to_subscribe_to_is_refused_alone_and_what_is_read_again_along_with_it_goes_on()
    {
        var gate = new ReadGate("\"Tags\"");
        await using var shop = await Shop.StartAsync(server, o => o.MaxSnapshotBytes = 64 << 10, gate.Attach);
        await shop.AddItemsAsync(1, new string('x', 40_000), new string('y', 40_000));
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item", ",\"keys\":[1]");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);
        gate.Close();
        await client.SubscribeAsync(2, "Tag");
        await gate.Waiting;
        await client.SubscribeAsync(3, "Item");
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'cup' where "Id" = 1; update "Items" set "Name" = repeat('z', 80000) where "Id" = 2""");
        await shop.Live.InvalidateAsync<Item>();
        gate.Open();
        await client.UntilAsync(view, v => v.Errors.Count > 0 && v.Rows(2) is not null && (string?)v.Rows(1)!["1"]["name"] == "cup");
        var error = Assert.Single(view.Errors);
        Assert.Equal(("snapshot_too_large", 3, null), ((string?)error["code"], (int?)error["id"], (int?)error["retryMs"]));
    }

    [Fact]
    public async Task Rule_5_what_is_closed_while_it_is_read_again_holds_nothing_up()
    {
        var gate = new ReadGate("\"Items\"");
        await using var shop = await Shop.StartAsync(server, services: gate.Attach);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        await client.SubscribeAsync(2, "Shelf");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        gate.Close();
        await shop.Live.InvalidateAsync<Item>();
        await gate.Waiting;
        await shop.AddShelfAsync("third");
        await client.SendAsync("""{"type":"unsubscribe","ids":[1]}""");
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 3);
        gate.Open();
        await shop.AddShelfAsync("fourth");
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 4);
    }

    [Fact]
    public async Task Rule_5_a_read_that_fails_is_told_with_a_time_to_ask_again_and_what_it_held_up_goes_on()
    {
        await using var shop = await Shop.StartAsync(server);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Price");
        await client.SubscribeAsync(2, "Shelf");
        await client.SubscribeAsync(3, "Price", ",\"where\":{\"currency\":\"EUR\"}");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null && v.Rows(3) is not null);
        await PostgresServer.ExecuteAsync(shop.ConnectionString, "alter table \"Prices\" rename to \"Away\"");
        await shop.Live.InvalidateAsync<Price>(p => p.Currency == "USD");
        await shop.AddShelfAsync("third");
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 3 && v.Errors.Count > 0);
        Assert.Equal(("snapshot_failed", 1, 2000), ((string?)view.Errors[0]["code"], (int?)view.Errors[0]["id"], (int?)view.Errors[0]["retryMs"]));
        Assert.Single(view.Errors);

        await PostgresServer.ExecuteAsync(shop.ConnectionString, "alter table \"Away\" rename to \"Prices\"; insert into \"Prices\" values (1, 'USD', 5)");
        await client.SubscribeAsync(1, "Price");
        await client.UntilAsync(view, v => v.Rows(1)?.Count == 1);
    }

    [Fact]
    public async Task Rule_12_what_was_within_the_limit_in_several_messages_is_asked_for_again_when_it_is_too_much_at_once()
    {
        await using var shop = await Shop.StartAsync(server, o => o.MaxSnapshotBytes = 64 << 10);
        await shop.AddItemsAsync(1, new string('x', 40_000));
        await shop.AddItemsAsync(2, new string('y', 40_000));
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item", ",\"where\":{\"shelfId\":1}");
        await client.SubscribeAsync(2, "Item", ",\"where\":{\"shelfId\":2}");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        await shop.Live.InvalidateAsync<Item>();
        await client.UntilAsync(view, v => v.Errors.Count == 2);
        Assert.All(view.Errors, e => Assert.Equal(("snapshot_too_large", 2000), ((string?)e["code"], (int?)e["retryMs"])));
    }

    [Fact]
    public async Task Rule_19_of_more_than_may_wait_for_a_read_nothing_is_kept_and_all_of_it_enters_with_what_is_read()
    {
        var gate = new ReadGate("\"Items\"");
        await using var shop = await Shop.StartAsync(server, o => o.MaxQueuedRows = 100, gate.Attach);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        await client.SubscribeAsync(2, "Tag");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        gate.Close();
        using var measured = new Measured(shop.App.Services);
        await shop.Live.InvalidateAsync("Item");
        await gate.Waiting;
        for (var i = 0; i < 150; i++)
        {
            await shop.WithDbAsync(async db =>
            {
                db.Tags.Add(new());
                await db.SaveChangesAsync();
            });
        }

        await Until.TrueAsync(() => measured["livehub.overflows"] > 0, measured.ToString);
        Assert.False(client.HasMore);
        var steps = view.Steps;
        gate.Open();
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 150);
        Assert.InRange(view.Steps - steps, 1, 3);
    }
}
