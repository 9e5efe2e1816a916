using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using LiveHub.Tests.Snapshots;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Hubs;

/// <summary>Rules 5 and 9: what changed unseen is read again and enters in its changeset's step.</summary>
public sealed class InvalidationTests(PostgresServer server)
{
    [Fact]
    public async Task G10_raw_SQL_shows_when_it_is_told_and_who_shows_other_rows_gets_no_message()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup", "jug");
        await shop.AddItemsAsync(2, "fork");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item", ",\"where\":{\"shelfId\":1}");
        await client.SubscribeAsync(2, "Item", ",\"columns\":[\"name\"]");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        await using var other = await RawClient.ConnectAsync(shop.HubUrl);
        await other.SubscribeAsync(1, "Item", ",\"where\":{\"shelfId\":2}");
        await other.SubscribeAsync(2, "Shelf");
        await other.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        var (steps, frames) = (view.Steps, other.Frames.Count);

        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'bowl' where "Id" = 1; delete from "Items" where "Id" = 2""");
        var shelf = 1;
        await shop.Live.InvalidateAsync<Item>(i => i.ShelfId == shelf && i.Name != "spoon");
        await client.UntilAsync(view, v => v.Steps > steps);

        Assert.Equal(["bowl"], view.Rows(1)!.Values.Select(r => (string?)r["name"]));
        Assert.Equal(["bowl", "fork"], view.Rows(2)!.Values.Select(r => (string?)r["name"]));
        Assert.Equal((steps + 1, 4L), (view.Steps, view.Offset - 1));
        await shop.RenameAsync(3, "knife");
        Assert.Equal("steps", (string?)(await other.NextAsync())["type"]);
        Assert.Equal(frames + 1, other.Frames.Count);
    }

    [Fact]
    public async Task Rule_5_a_changeset_s_own_diffs_and_what_is_read_again_for_it_are_one_step()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item", ",\"where\":{\"shelfId\":1}");
        await client.SubscribeAsync(2, "Shelf");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        var steps = view.Steps;

        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'bowl'""");
        await shop.WithDbAsync(async db =>
        {
            (await db.Shelves.SingleAsync(s => s.Id == 1)).Name = "middle";
            await db.SaveChangesAsync();
        });
        var saved = (await shop.Log.ReadRangeAsync(view.Offset, view.Offset + 1, default))![0].Changeset;
        await client.UntilAsync(view, v => v.Steps == steps + 1);

        // The same row diffs once more, in a changeset that says that items were written in bulk.
        shop.Log.Append(saved with { Id = ChangesetId.New(default), Changes = [Renamed(saved, "lower")], Invalidations = [Invalidation.Of(Item(shop))] });
        await client.UntilAsync(view, v => v.Steps == steps + 2);
        Assert.Equal(("lower", "bowl"), ((string?)view.Rows(2)!["1"]["name"], (string?)view.Rows(1)!["1"]["name"]));
    }

    [Fact]
    public async Task Rule_9_while_rows_are_read_again_nothing_later_is_written_and_nobody_else_waits()
    {
        var gate = new ReadGate("\"Items\"");
        await using var shop = await Shop.StartAsync(server, services: gate.Attach);
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        await client.SubscribeAsync(2, "Shelf");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        await using var other = await RawClient.ConnectAsync(shop.HubUrl);
        await other.SubscribeAsync(1, "Shelf");
        var otherView = await other.UntilAsync(new(), v => v.Rows(1) is not null);
        var steps = view.Steps;

        gate.Close();
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'bowl'""");
        await shop.Live.InvalidateAsync<Item>();
        await gate.Waiting;
        await shop.AddShelfAsync("third");
        await shop.AddShelfAsync("fourth");
        await other.UntilAsync(otherView, v => v.Rows(1)!.Count == 4);

        // Answers are written meanwhile; a new subscription must not show a later position than the rest.
        await client.SubscribeAsync(3, "Nothing");
        await client.UntilAsync(view, v => v.Errors.Count == 1);
        await client.SubscribeAsync(4, "Shelf", ",\"columns\":[\"name\"]");
        Assert.Equal("subscribed", (string?)Applied(view, await client.NextAsync())["type"]);
        Assert.False(client.HasMore);
        Assert.Equal((steps, 2), (view.Steps, view.Rows(2)!.Count));

        gate.Open();
        await client.UntilAsync(view, v => v.Steps == steps + 1);
        Assert.Equal(("bowl", 4), ((string?)view.Rows(1)!["1"]["name"], view.Rows(2)!.Count));
        await client.UntilAsync(view, v => v.Rows(4) is not null);
        Assert.Equal(4, view.Rows(4)!.Count);
    }

    [Fact]
    public async Task Rule_9_a_new_subscription_whose_rows_change_unseen_while_it_is_read_enters_with_what_they_are_then()
    {
        var gate = new ReadGate("\"Items\"");
        await using var shop = await Shop.StartAsync(server, services: gate.Attach);
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        gate.Close();
        await client.SubscribeAsync(1, "Item");
        await gate.Waiting;
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'bowl'""");
        await shop.Live.InvalidateAsync<Item>();
        gate.Open();
        await client.UntilAsync(new(), v => v.Rows(1) is { } rows && (string?)rows["1"]["name"] == "bowl");
    }

    [Fact]
    public async Task Rule_9_a_snapshot_that_has_seen_more_than_its_place_in_the_log_holds_is_read_again()
    {
        await using var shop = await Shop.StartAsync(server, services: s => s.AddSingleton(new CommitWindow(new StoppedClock())));
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        await client.SubscribeAsync(2, "Shelf");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        await shop.WithDbAsync(async db =>
        {
            (await db.Shelves.SingleAsync(s => s.Id == 1)).Name = "middle";
            await db.SaveChangesAsync();
        });
        var saved = (await shop.Log.ReadRangeAsync(view.Offset, view.Offset + 1, default))![0].Changeset;
        var invalidated = Catalog.Changeset() with { Invalidations = [Invalidation.Of(Item(shop))] };

        // A transaction is committed and on its way to the log; what comes before it there was invalidated twice, before and after the read saw it.
        var ticket = shop.App.Services.GetRequiredService<CommitWindow>().Open();
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'both'; update "Shelves" set "Name" = 'both' where "Id" = 1""");
        shop.Log.Append(invalidated);
        await Until.TrueAsync(() => shop.IsSnapshotTaken(), () => "nothing is read");
        shop.Log.Append(invalidated with { Id = ChangesetId.New(default) });
        shop.Log.Append(saved with { Id = ChangesetId.New(default), Changes = [Renamed(saved, "both")] });
        ticket.Close();
        await client.UntilAsync(view, v =>
        {
            var (item, shelf) = ((string?)v.Rows(1)!["1"]["name"] == "both", (string?)v.Rows(2)!["1"]["name"] == "both");
            Assert.Equal(item, shelf);
            return item;
        });
    }

    [Fact]
    public async Task Rule_5_a_thousand_invalidations_in_a_row_end_in_a_few_reads_and_stop_nobody_for_good()
    {
        var reads = new CommandCounter();
        await using var shop = await Shop.StartAsync(server, services: s => s.ConfigureDbContext<ShopDb>(o => o.AddInterceptors(reads)));
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        await client.SubscribeAsync(2, "Shelf");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        reads.Reset();
        for (var i = 1; i <= 1000; i++)
        {
            if (i % 100 == 0)
            {
                await PostgresServer.ExecuteAsync(shop.ConnectionString, $"""update "Items" set "Name" = '{i}'""");
            }

            await shop.Live.InvalidateAsync<Item>([1]);
        }

        var end = (await shop.Log.ReadHeadAsync(default)).Offset;
        await client.UntilAsync(view, v => v.Offset >= end);
        Assert.Equal("1000", (string?)view.Rows(1)!["1"]["name"]);
        Assert.InRange(reads.Count("Items"), 1, 900);
        await shop.AddShelfAsync("third");
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 3);
    }

    private static LiveHub.Model.Entity Item(Shop shop) => shop.App.Services.GetRequiredService<LiveHub.Model.LiveModel>().Find("Item")!;

    /// <summary>The change of the shelf's name from what a changeset made it to another.</summary>
    private static Change Renamed(Changeset saved, string name)
    {
        var change = Assert.Single(saved.Changes);
        var column = change.Entity.Columns.Single(c => c.Property.Name == "Name").Ordinal;
        var after = change.Entity.Columns.Select(c => c.Ordinal == column ? name : change.After![c.Ordinal]);
        return Change.Between(change.Entity, change.Version + 1, change.After, new([.. after]))!;
    }

    private static System.Text.Json.Nodes.JsonObject Applied(RawView view, System.Text.Json.Nodes.JsonObject message)
    {
        view.Apply(message);
        return message;
    }
}
