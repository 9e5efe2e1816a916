using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Saves that fail.</summary>
public abstract partial class CaptureSpecification
{
    [Theory, InlineData(1, true), InlineData(1, false), InlineData(2, true), InlineData(2, false)]
    public async Task G1_nothing_of_a_failed_save_is_published_and_the_next_one_is_whole(int rows, bool async)
    {
        await ShopAsync(async db =>
        {
            var item = new Item { ShelfId = 99, Name = "no such shelf" };
            db.Add(item);
            if (rows > 1)
            {
                db.Add(new Shelf { Name = "with it" });
            }

            var exception = await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveAsync(async));
            Assert.Contains(item, exception.Entries.Select(e => e.Entity));
            Assert.Empty(await LogAsync());
            item.ShelfId = 1;
            await db.SaveAsync(async);
        });

        Assert.Equal(rows, Assert.Single(await LogAsync()).Length);
    }

    [Theory, InlineData(1, true), InlineData(1, false), InlineData(3, true), InlineData(3, false)]
    public async Task G1_nothing_of_a_save_with_a_concurrency_conflict_is_published(int rows, bool async)
    {
        await GivenAsync<YardDb>([.. Enumerable.Range(1, rows).Select(i => new Lease { Id = new Guid(i, 0, 0, new byte[8]), Name = $"{i}" })]);
        await YardAsync(async db =>
        {
            var leases = await db.Set<Lease>().OrderBy(l => l.Id).ToListAsync();
            leases.ForEach(l => l.Name += "!");
            await YardAsync(async other =>
            {
                (await other.Set<Lease>().SingleAsync(l => l.Name == $"{rows}")).Name = "theirs";
                await other.SaveAsync(async);
            });
            var exception = await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => db.SaveAsync(async));
            Assert.Same(leases[^1], Assert.Single(exception.Entries).Entity);
        });

        Assert.EndsWith("-> theirs", Assert.Single(Assert.Single(await LogAsync())), StringComparison.Ordinal);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G1_a_delete_of_a_row_that_is_gone_publishes_nothing(bool async)
    {
        await ShopAsync(async db =>
        {
            db.Remove(new Shelf { Id = 77 });
            await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => db.SaveAsync(async));
        });

        Assert.Empty(await LogAsync());
    }

    [Fact]
    public async Task G1_nothing_of_a_cancelled_save_is_published()
    {
        await using var blocker = new NpgsqlConnection(database.ConnectionString);
        await blocker.OpenAsync();
        await using var held = await blocker.BeginTransactionAsync();
        await PostgresSql.ExecuteAsync(blocker, "lock table \"Shelves\" in exclusive mode");
        await ShopAsync(async db =>
        {
            db.Add(new Shelf { Name = "never" });
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => db.SaveChangesAsync(soon.Token));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => db.SaveChangesAsync(new CancellationToken(canceled: true)));
            await held.RollbackAsync();
            Assert.Empty(await LogAfterQuestionsAsync());
            await db.SaveChangesAsync();
        });

        Assert.Equal("never", Assert.Single(Assert.Single(await LogAsync())).Split(' ')[^1]);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G1_a_failed_save_inside_a_transaction_leaves_what_was_saved_before_and_after_it(bool async)
    {
        await ShopAsync(async db =>
        {
            await using var transaction = await db.BeginAsync(async);
            db.Add(new Shelf { Name = "before" });
            await db.SaveAsync(async);
            db.AddRange(new Shelf { Name = "with it" }, new Item { ShelfId = 99, Name = "no such shelf" });
            await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveAsync(async));
            db.ChangeTracker.Clear();
            db.Add(new Tag { Name = "after" });
            await db.SaveAsync(async);
            await transaction.CommitAsync(async);
        });

        var changes = Assert.Single(await LogAsync());
        Assert.Equal(["before", "after"], changes.Select(c => c.Split(' ')[^1]));
    }

    [Theory, InlineData(true, true), InlineData(true, false), InlineData(false, true), InlineData(false, false)]
    public async Task G2_what_a_save_with_a_conflict_has_written_is_not_lost_where_no_savepoint_takes_it_back(bool ambient, bool async)
    {
        await GivenAsync<YardDb>([.. Enumerable.Range(1, 3).Select(i => new Lease { Id = new Guid(i, 0, 0, new byte[8]), Name = $"{i}" })]);
        await YardAsync(async db =>
        {
            db.Database.AutoSavepointsEnabled = false;
            using var scope = ambient ? new System.Transactions.TransactionScope(System.Transactions.TransactionScopeAsyncFlowOption.Enabled) : null;
            await using var transaction = ambient ? null : await db.BeginAsync(async);
            var leases = await db.Set<Lease>().OrderBy(l => l.Id).ToListAsync();
            leases.ForEach(l => l.Name += "!");
            db.Entry(leases[1]).Property(l => l.Version).OriginalValue = 1;
            await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => db.SaveAsync(async));
            scope?.Complete();
            await (transaction?.CommitAsync(async) ?? Task.CompletedTask);
        });

        await AssertTouchedAsync("Lease");
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G1_a_commit_after_a_failed_command_is_a_rollback_and_publishes_nothing(bool async)
    {
        await ShopAsync(async db =>
        {
            await using var transaction = await db.BeginAsync(async);
            db.Add(new Shelf { Name = "never" });
            await db.SaveAsync(async);
            await Assert.ThrowsAsync<PostgresException>(() => db.SqlAsync("select 1 / 0", async));

            // PostgreSQL answers with ROLLBACK, and Npgsql says nothing.
            await transaction.CommitAsync(async);
        });

        Assert.Empty(await LogAfterQuestionsAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G2_a_failed_command_that_a_savepoint_takes_back_does_not_take_back_the_transaction(bool async)
    {
        await ShopAsync(async db =>
        {
            await using var transaction = await db.BeginAsync(async);
            db.Add(new Shelf { Name = "kept" });
            await db.SaveAsync(async);
            await transaction.CreateSavepointAsync("here", async);
            await Assert.ThrowsAsync<PostgresException>(() => db.SqlAsync("select 1 / 0", async));
            await transaction.RollbackToSavepointAsync("here", async);
            await transaction.CommitAsync(async);
        });

        Assert.Equal([["Insert Shelf 3 kept"]], await LogAsync(1));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G2_without_transactions_what_came_before_a_failure_is_committed_and_published(bool async)
    {
        await StartAppAsync("batches of two", o => o.Npgsql = npgsql => npgsql.MaxBatchSize(2));
        await ShopAsync(async db =>
        {
            db.Database.AutoTransactionBehavior = AutoTransactionBehavior.Never;
            db.AddRange(Enumerable.Range(1, 7).Select(i => new Price { ItemId = i, Currency = i == 5 ? new string('x', 10) + "\0" : "EUR" }));
            await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveAsync(async));
        });

        Assert.Equal([["Insert Price 1,EUR", "Insert Price 2,EUR"], ["Insert Price 3,EUR", "Insert Price 4,EUR"]], await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G2_without_transactions_what_stands_beside_a_conflict_is_committed_and_published(bool async)
    {
        await GivenAsync<ShopDb>([.. Enumerable.Range(1, 3).Select(i => new Price { ItemId = i, Currency = "EUR" })]);
        await ShopAsync(async db =>
        {
            db.Database.AutoTransactionBehavior = AutoTransactionBehavior.Never;
            db.UpdateRange(Enumerable.Range(1, 4).Select(i => new Price { ItemId = i, Currency = "EUR", Cents = 5 }));
            await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => db.SaveAsync(async));
        });

        await AssertTouchedAsync("Price");
    }

    /// <summary>One changeset, with the exact rows or with what is to be read again; the rest is compared when the test ends.</summary>
    private async Task AssertTouchedAsync(params string[] entities)
    {
        var changeset = Assert.Single(await ReadAsync(1)).Changeset;
        var touched = changeset.Changes.Select(c => c.Entity).Concat(changeset.Invalidations.Select(i => i.Entity)).Select(e => e.Name).Distinct();
        Assert.Equal(entities.Order(StringComparer.Ordinal), touched.Order(StringComparer.Ordinal));
    }
}
