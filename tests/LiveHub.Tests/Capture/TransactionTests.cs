using System.Transactions;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace LiveHub.Tests.Capture;

/// <summary>What a transaction's end does to what was saved in it, on real PostgreSQL.</summary>
public sealed class TransactionTests(PostgresServer server)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task G5_all_saves_of_a_transaction_are_one_changeset_and_come_with_its_commit(bool async)
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            await using var transaction = async ? await db.Database.BeginTransactionAsync() : db.Database.BeginTransaction();
            var item = new Item { ShelfId = 1, Name = "first" };
            db.Items.Add(item);
            await CaptureTests.SaveAsync(db, async);
            item.Name = "second";
            await CaptureTests.SaveAsync(db, async);
            db.Shelves.Add(new() { Name = "third" });
            await CaptureTests.SaveAsync(db, async);
            Assert.Empty(await log.ReadAsync());
            if (async)
            {
                await transaction.CommitAsync();
            }
            else
            {
                transaction.Commit();
            }
        });

        var changeset = Assert.Single(await log.ReadAsync());
        Assert.Equal(["Insert Item 1 -> second", "Insert Shelf 3 -> third"], changeset.Order());
    }

    [Theory]
    [InlineData("rollback")]
    [InlineData("rollback async")]
    [InlineData("dispose")]
    [InlineData("dispose context")]
    public async Task G1_nothing_of_a_transaction_that_does_not_commit_is_published(string end)
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            var transaction = await db.Database.BeginTransactionAsync();
            db.Shelves.Add(new() { Name = "never" });
            await db.SaveChangesAsync();
            switch (end)
            {
                case "rollback":
                    transaction.Rollback();
                    break;
                case "rollback async":
                    await transaction.RollbackAsync();
                    break;
                case "dispose":
                    await transaction.DisposeAsync();
                    break;
            }
        });
        await shop.WithDbAsync(async db =>
        {
            // Npgsql uses the connection's transaction object again: what was left on it must not come along.
            await using var transaction = await db.Database.BeginTransactionAsync();
            db.Shelves.Add(new() { Name = "marker" });
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
        });

        Assert.Equal("Insert Shelf 4 -> marker", Assert.Single(Assert.Single(await log.ReadAsync())));
    }

    [Fact]
    public async Task G1_a_transaction_that_ends_outside_of_EF_leaves_nothing_for_the_next_on_its_connection()
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await using var connection = new NpgsqlConnection(shop.ConnectionString);
        await connection.OpenAsync();
        foreach (var name in new[] { "rolled back", "committed" })
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await using var db = shop.ContextOn(connection);
            await db.Database.UseTransactionAsync(transaction);
            db.Shelves.Add(new() { Name = name });
            await db.SaveChangesAsync();
            if (name == "committed")
            {
                await db.Database.CommitTransactionAsync();
            }
            else
            {
                await transaction.RollbackAsync();
            }
        }

        // What may have been committed there is read again; nothing is said of it.
        Assert.Equal("Insert Shelf 4 -> committed", Assert.Single(Assert.Single(await log.ReadAsync(), changes => changes.Count > 0)));
    }

    [Fact]
    public async Task G5_several_contexts_in_one_transaction_are_one_changeset()
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await using var connection = new NpgsqlConnection(shop.ConnectionString);
        await using var first = shop.ContextOn(connection);
        await using var second = shop.ContextOn(connection);
        await using var transaction = await first.Database.BeginTransactionAsync();
        first.Shelves.Add(new() { Name = "first" });
        await first.SaveChangesAsync();
        await second.Database.UseTransactionAsync(transaction.GetDbTransaction());
        second.Shelves.Add(new() { Name = "second" });
        await second.SaveChangesAsync();
        await transaction.CommitAsync();

        Assert.Equal(["Insert Shelf 3 -> first", "Insert Shelf 4 -> second"], Assert.Single(await log.ReadAsync()));
    }

    [Fact]
    public async Task G1_a_failed_save_inside_a_transaction_leaves_what_was_saved_before_it()
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            db.Shelves.Add(new() { Name = "kept" });
            await db.SaveChangesAsync();
            db.Items.Add(new() { ShelfId = 99, Name = "no such shelf" });
            await Assert.ThrowsAsync<DbUpdateException>(() => CaptureTests.SaveAsync(db, async: true));
            db.ChangeTracker.Clear();
            await transaction.CommitAsync();
        });

        Assert.Equal("Insert Shelf 3 -> kept", Assert.Single(Assert.Single(await log.ReadAsync())));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task G1_an_ambient_transaction_publishes_only_when_it_completes(bool complete)
    {
        await using var shop = await Shop.StartAsync(server);
        var log = await LogOf.StartAsync(shop);
        await shop.WithDbAsync(async db =>
        {
            using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
            db.Shelves.Add(new() { Name = "ambient" });
            await db.SaveChangesAsync();
            Assert.Empty(await log.ReadAsync());
            if (complete)
            {
                scope.Complete();
            }
        });

        Assert.Equal(complete ? 1 : 0, (await log.ReadAsync()).Count);
    }
}
