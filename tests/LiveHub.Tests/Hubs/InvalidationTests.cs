using System.Data.Common;
using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using LiveHub.Tests.Snapshots;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

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
        await Live(shop).InvalidateAsync<Item>(i => i.ShelfId == shelf && i.Name != "spoon");
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
        var gate = new Gate("\"Items\"");
        await using var shop = await StartAsync(gate);
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
        await Live(shop).InvalidateAsync<Item>();
        await gate.Waiting;
        await AddShelfAsync(shop, "third");
        await AddShelfAsync(shop, "fourth");
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
        var gate = new Gate("\"Items\"");
        await using var shop = await StartAsync(gate);
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        gate.Close();
        await client.SubscribeAsync(1, "Item");
        await gate.Waiting;
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'bowl'""");
        await Live(shop).InvalidateAsync<Item>();
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
        await Until.TrueAsync(() => IsSnapshotTaken(shop), () => "nothing is read");
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
    public async Task Rule_12_what_is_too_large_to_subscribe_to_is_refused_alone_and_what_is_read_again_along_with_it_goes_on()
    {
        var gate = new Gate("\"Tags\"");
        await using var shop = await StartAsync(gate, o => o.MaxSnapshotBytes = 64 << 10);
        await shop.AddItemsAsync(1, new string('x', 40_000), new string('y', 40_000));
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item", ",\"keys\":[1]");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);
        gate.Close();
        await client.SubscribeAsync(2, "Tag");
        await gate.Waiting;
        await client.SubscribeAsync(3, "Item");
        await PostgresServer.ExecuteAsync(shop.ConnectionString, """update "Items" set "Name" = 'cup' where "Id" = 1; update "Items" set "Name" = repeat('z', 80000) where "Id" = 2""");
        await Live(shop).InvalidateAsync<Item>();
        gate.Open();
        await client.UntilAsync(view, v => v.Errors.Count > 0 && v.Rows(2) is not null && (string?)v.Rows(1)!["1"]["name"] == "cup");
        var error = Assert.Single(view.Errors);
        Assert.Equal(("snapshot_too_large", 3, null), ((string?)error["code"], (int?)error["id"], (int?)error["retryMs"]));
    }

    [Fact]
    public async Task Rule_5_what_is_closed_while_it_is_read_again_holds_nothing_up()
    {
        var gate = new Gate("\"Items\"");
        await using var shop = await StartAsync(gate);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        await client.SubscribeAsync(2, "Shelf");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        gate.Close();
        await Live(shop).InvalidateAsync<Item>();
        await gate.Waiting;
        await AddShelfAsync(shop, "third");
        await client.SendAsync("""{"type":"unsubscribe","ids":[1]}""");
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 3);
        gate.Open();
        await AddShelfAsync(shop, "fourth");
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
        await Live(shop).InvalidateAsync<Price>(p => p.Currency == "USD");
        await AddShelfAsync(shop, "third");
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 3);
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
        await Live(shop).InvalidateAsync<Item>();
        await client.UntilAsync(view, v => v.Errors.Count == 2);
        Assert.All(view.Errors, e => Assert.Equal(("snapshot_too_large", 2000), ((string?)e["code"], (int?)e["retryMs"])));
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

            await Live(shop).InvalidateAsync<Item>([1]);
        }

        var end = (await shop.Log.ReadHeadAsync(default)).Offset;
        await client.UntilAsync(view, v => v.Offset >= end);
        Assert.Equal("1000", (string?)view.Rows(1)!["1"]["name"]);
        Assert.InRange(reads.Count("Items"), 1, 900);
        await AddShelfAsync(shop, "third");
        await client.UntilAsync(view, v => v.Rows(2)!.Count == 3);
    }

    [Fact]
    public async Task Rule_19_a_client_whose_rows_wait_too_long_for_a_read_is_let_go()
    {
        var gate = new Gate("\"Items\"");
        await using var shop = await StartAsync(gate, o => o.MaxQueuedRows = 100);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        await client.SubscribeAsync(2, "Tag");
        await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
        gate.Close();
        await Live(shop).InvalidateAsync("Item");
        await gate.Waiting;
        for (var i = 0; i < 101; i++)
        {
            await shop.WithDbAsync(async db =>
            {
                db.Tags.Add(new());
                await db.SaveChangesAsync();
            });
        }

        await client.Closed;
        await Until.TrueAsync(() => shop.Router.Count() == (0, 0), () => $"{shop.Router.Count()} are left");
        gate.Open();
    }

    /// <summary>Whether a transaction has taken its snapshot and read nothing yet.</summary>
    private static bool IsSnapshotTaken(Shop shop)
    {
        using var connection = new NpgsqlConnection(shop.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand(
            "select count(*) from pg_stat_activity where datname = current_database() and state = 'idle in transaction' and query = 'select 1'", connection);
        return (long)command.ExecuteScalar()! > 0;
    }

    private static ILiveHub Live(Shop shop) => shop.App.Services.GetRequiredService<ILiveHub>();

    private static LiveHub.Model.Entity Item(Shop shop) => shop.App.Services.GetRequiredService<LiveHub.Model.LiveModel>().Find("Item")!;

    private Task<Shop> StartAsync(Gate gate, Action<LiveHubOptions>? options = null)
        => Shop.StartAsync(server, options, s => s.ConfigureDbContext<ShopDb>(o => o.AddInterceptors(gate)));

    private static Task AddShelfAsync(Shop shop, string name) => shop.WithDbAsync(async db =>
    {
        db.Shelves.Add(new() { Name = name });
        await db.SaveChangesAsync();
    });

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

    /// <summary>Keeps reads of a table waiting while it is closed; the snapshot they belong to is taken already.</summary>
    private sealed class Gate(string table) : DbCommandInterceptor
    {
        private TaskCompletionSource _open = Completed();
        private TaskCompletionSource _waiting = new();

        /// <summary>Completes when a read has come to the closed gate.</summary>
        public Task Waiting => _waiting.Task;

        public void Close()
        {
            _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public void Open() => _open.TrySetResult();

        public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            if (command.CommandText.Contains(table, StringComparison.Ordinal))
            {
                var open = _open.Task;
                if (!open.IsCompleted)
                {
                    _waiting.TrySetResult();
                    await open.WaitAsync(cancellationToken);
                }
            }

            return result;
        }

        private static TaskCompletionSource Completed()
        {
            var source = new TaskCompletionSource();
            source.SetResult();
            return source;
        }
    }
}
