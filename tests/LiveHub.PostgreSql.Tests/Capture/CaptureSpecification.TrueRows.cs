using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Rule 2: rows are as the database has them, not as somebody once read them.</summary>
public abstract partial class CaptureSpecification
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_2_F4_a_row_that_was_moved_since_it_was_read_is_captured_as_it_was_and_is(bool async)
    {
        await GivenAsync<ShopDb>(new Item { ShelfId = 1, Name = "cup" });
        await ShopAsync(async stale =>
        {
            var read = await stale.Items.SingleAsync();
            await ShopAsync(async db =>
            {
                var item = await db.Items.SingleAsync();
                (item.Name, item.ShelfId) = ("mug", 2);
                await db.SaveAsync(async);
            });
            read.Done = true;
            await stale.SaveAsync(async);
        });

        var change = Assert.Single((await ReadAsync())[^1].Changeset.Changes);
        Assert.Equal<object?>([2, "mug", false], [.. new[] { "shelfId", "name", "done" }.Select(c => LogText.ValueOf(change, change.Before, c))]);
        Assert.Equal<object?>([2, "mug", true], [.. new[] { "shelfId", "name", "done" }.Select(c => LogText.ValueOf(change, change.After, c))]);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_2_F4_two_contexts_with_stale_reads_save_in_either_order(bool firstSavesFirst)
    {
        await GivenAsync<ShopDb>(new Item { ShelfId = 1, Name = "cup" });
        await ShopAsync(first => ShopAsync(async second =>
        {
            (await first.Items.SingleAsync()).ShelfId = 2;
            (await second.Items.SingleAsync()).Name = "mug";
            foreach (var db in firstSavesFirst ? new[] { first, second } : [second, first])
            {
                await db.SaveChangesAsync();
            }
        }));

        Assert.Equal(firstSavesFirst ? [["Update Item 1 cup -> cup"], ["Update Item 1 cup -> mug"]] : [["Update Item 1 cup -> mug"], ["Update Item 1 mug -> mug"]], await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_2_a_save_that_waits_for_another_one_begins_where_that_one_ended(bool otherCommits)
    {
        await ShopAsync(first => ShopAsync(async second =>
        {
            await using var transaction = await first.Database.BeginTransactionAsync();
            (await first.Shelves.SingleAsync(s => s.Id == 1)).Name = "first";
            await first.SaveChangesAsync();
            (await second.Shelves.SingleAsync(s => s.Id == 1)).Photo = [1];
            var waits = Task.Run(() => second.SaveChangesAsync());
            await WaitForLockAsync();
            await (otherCommits ? transaction.CommitAsync() : transaction.RollbackAsync());
            await waits;
        }));

        // The log may have them in another order than the database (rule 7).
        _ordersByVersion = true;
        Assert.Equal(otherCommits ? [["Update Shelf 1 top -> first"], ["Update Shelf 1 first -> first"]] : [["Update Shelf 1 top -> top"]], await LogAsync(otherCommits ? 2 : 1));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_2_F4_an_attached_row_of_which_one_column_is_written_keeps_the_others(bool async)
    {
        await ShopAsync(async db =>
        {
            var shelf = new Shelf { Id = 1, Name = "thought" };
            db.Attach(shelf);
            shelf.Photo = [1];
            await db.SaveAsync(async);
        });

        Assert.Equal([["Update Shelf 1 top -> top"]], await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_2_F4_a_detached_update_has_its_before(bool async)
    {
        await ShopAsync(async db =>
        {
            db.Update(new Shelf { Id = 1, Name = "put" });
            await db.SaveAsync(async);
        });

        Assert.Equal([["Update Shelf 1 top -> put"]], await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_2_F4_a_stub_that_is_removed_has_its_before(bool async)
    {
        await ShopAsync(async db =>
        {
            db.Remove(new Shelf { Id = 2 });
            await db.SaveAsync(async);
        });

        Assert.Equal([["Delete Shelf 2 bottom"]], await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_2_F4_a_detached_update_and_its_delete_in_one_transaction_are_the_delete_of_what_was_there(bool async)
    {
        await ShopAsync(async db =>
        {
            await using var transaction = await db.BeginAsync(async);
            var shelf = new Shelf { Id = 1, Name = "put" };
            db.Update(shelf);
            await db.SaveAsync(async);
            db.Remove(shelf);
            await db.SaveAsync(async);
            await transaction.CommitAsync(async);
        });

        Assert.Equal([["Delete Shelf 1 top"]], await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_4_a_key_change_is_a_delete_and_an_insert(bool async)
    {
        await GivenAsync<YardDb>(new Pair { A = 1, B = "x", Name = "old" });
        await YardAsync(async db =>
        {
            db.Remove(await db.Set<Pair>().SingleAsync());
            db.Add(new Pair { A = 1, B = "y", Name = "new" });
            await db.SaveAsync(async);
        });

        Assert.Equal([["Delete Pair 1,x old", "Insert Pair 1,y new"]], await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_4_a_delete_and_an_insert_of_one_key_in_one_save_are_an_update(bool async)
    {
        await GivenAsync<YardDb>(new Pair { A = 1, B = "x", Name = "old", Data = [1] });
        await YardAsync(async db =>
        {
            db.Remove(await db.Set<Pair>().SingleAsync());
            db.Add(new Pair { A = 1, B = "x", Name = "new" });
            await db.SaveAsync(async);
        });

        Assert.Equal([["Update Pair 1,x old -> new"]], await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_4_a_row_that_changes_its_type_is_a_row_of_the_base(bool async)
    {
        await GivenAsync<YardDb>(new Car { Name = "old", Seats = 2 });
        await YardAsync(async db =>
        {
            await using var transaction = await db.BeginAsync(async);
            db.Remove(await db.Set<Vehicle>().SingleAsync());
            await db.SaveAsync(async);
            db.Add(new Truck { Id = 1, Name = "new" });
            await db.SaveAsync(async);
            await transaction.CommitAsync(async);
        });

        Assert.Equal([["Update Vehicle 1 old -> new"]], await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_4_a_row_that_is_replaced_by_one_of_another_type_in_one_save_is_gone_from_its_entity(bool async)
    {
        await GivenAsync<YardDb>(new Invoice { Name = "old" });
        await YardAsync(async db =>
        {
            db.Remove(await db.Set<Invoice>().SingleAsync());
            db.Add(new Letter { Id = 1, Name = "new" });
            await db.SaveAsync(async);
            db.ChangeTracker.Clear();
            db.Remove(await db.Set<Letter>().SingleAsync());
            db.Add(new Invoice { Id = 1, Name = "again" });
            await db.SaveAsync(async);
        });

        Assert.Equal([["Delete Invoice 1 old"], ["Insert Invoice 1 again"]], await LogAsync());
    }

    [Fact]
    public async Task Rule_2_rows_of_all_kinds_are_locked_in_the_order_of_the_statements()
    {
        _ordersByVersion = true;
        await GivenAsync<YardDb>(new Pair { A = 1, B = "x", Name = "p" }, new Profile { Id = 1, Name = "p", Bio = "b" });
        await YardAsync(first => YardAsync(async second =>
        {
            var (pair, profile) = (await first.Set<Pair>().SingleAsync(), await first.Set<Profile>().SingleAsync());
            var (theirPair, theirProfile) = (await second.Set<Pair>().SingleAsync(), await second.Set<Profile>().SingleAsync());
            await using var transaction = await second.Database.BeginTransactionAsync();
            theirPair.Name = "theirs";
            await second.SaveChangesAsync();

            // Waits for the pair, and holds nothing of the profile meanwhile, which is in two tables.
            (pair.Name, profile.Name) = ("ours", "ours");
            var saving = Task.Run(() => first.SaveChangesAsync());
            await WaitForLockAsync();
            theirProfile.Name = "theirs";
            await second.SaveChangesAsync();
            await transaction.CommitAsync();
            await saving;
        }));

        Assert.Equal(2, (await LogAsync()).Count);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_3_a_column_that_is_left_empty_when_a_row_changes_its_type_is_as_EF_Core_reads_it(bool async)
    {
        await GivenAsync<YardDb>(new Letter { Name = "old" });
        await YardAsync(async db =>
        {
            db.Remove(await db.Set<Letter>().SingleAsync());
            db.Add(new Invoice { Id = 1, Name = "new" });
            await db.SaveAsync(async);
        });

        Assert.Equal(DBNull.Value, await PostgresSql.ReadAsync(database.ConnectionString, """select "Total" from "Document" """));
        var change = Assert.Single(Assert.Single(await ReadAsync()).Changeset.Changes);
        Assert.Equal(0m, LogText.ValueOf(change, change.After, "total"));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_3_a_column_of_a_derived_type_that_SQL_has_left_empty_is_as_EF_Core_reads_it(bool async)
    {
        await PostgresServer.ExecuteAsync(database.ConnectionString, """insert into "Document" ("Discriminator", "Name") values ('Invoice', 'old')""");
        await _replica.LoadAsync(_app.Model.Find(nameof(Invoice))!);
        await YardAsync(async db =>
        {
            (await db.Set<Invoice>().SingleAsync()).Name = "new";
            await db.SaveAsync(async);
        });

        var change = Assert.Single(Assert.Single(await ReadAsync()).Changeset.Changes);
        Assert.Equal<object?>([0m, 0m], [LogText.ValueOf(change, change.Before, "total"), LogText.ValueOf(change, change.After, "total")]);
    }

    [Fact]
    public async Task Rule_2_a_row_does_not_follow_what_the_application_does_to_its_array_afterwards()
    {
        await ShopAsync(async db =>
        {
            var shelf = new Shelf { Name = "x", Photo = [1, 2] };
            db.Add(shelf);
            await db.SaveChangesAsync();
            shelf.Photo[0] = 9;
        });

        var change = Assert.Single(Assert.Single(await ReadAsync()).Changeset.Changes);
        Assert.Equal(new byte[] { 1, 2 }, LogText.ValueOf(change, change.After, "photo"));
    }

    /// <summary>Until somebody in this database waits for somebody's lock.</summary>
    private async Task WaitForLockAsync()
    {
        const string Sql = "select exists (select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')";
        var deadline = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        while (!Equals(await PostgresSql.ReadAsync(database.ConnectionString, Sql), true))
        {
            Assert.True(DateTime.UtcNow < deadline, "nobody waits for a lock");
            await Task.Delay(5);
        }
    }
}
