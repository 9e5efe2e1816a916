using System.Transactions;
using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>TransactionScope and its relatives.</summary>
public abstract partial class CaptureSpecification
{
    [Theory, InlineData(true, true), InlineData(true, false), InlineData(false, true), InlineData(false, false)]
    public async Task G1_an_ambient_transaction_publishes_only_when_it_completes(bool complete, bool async)
    {
        await ShopAsync(async db =>
        {
            using var scope = NewScope();
            db.Add(new Shelf { Name = "ambient" });
            await db.SaveAsync(async);
            (await db.Shelves.SingleAsync(s => s.Id == 1)).Name = "too";
            await db.SaveAsync(async);
            Assert.Empty(await LogAsync());
            if (complete)
            {
                scope.Complete();
            }
        });

        Assert.Equal(complete ? [["Insert Shelf 3 ambient", "Update Shelf 1 top -> too"]] : [], await LogAfterQuestionsAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G5_contexts_of_several_types_in_an_ambient_transaction_are_one_changeset(bool complete)
    {
        using (var scope = NewScope())
        {
            await ShopAsync(async db =>
            {
                db.Add(new Shelf { Name = "first" });
                await db.SaveChangesAsync();
            });
            await YardAsync(async db =>
            {
                db.Add(new Course { Name = "second" });
                await db.SaveChangesAsync();
            });
            if (complete)
            {
                scope.Complete();
            }
        }

        Assert.Equal(complete ? [["Insert Course 1 second", "Insert Shelf 3 first"]] : [], await LogAfterQuestionsAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G1_an_ambient_transaction_with_a_failed_command_publishes_nothing(bool save)
    {
        await ShopAsync(async db =>
        {
            try
            {
                using var scope = NewScope();
                db.Add(new Shelf { Name = "never" });
                await db.SaveChangesAsync();
                if (save)
                {
                    db.Add(new Item { ShelfId = 99 });
                    await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync());
                }
                else
                {
                    await Assert.ThrowsAsync<PostgresException>(() => db.SqlAsync("select 1 / 0"));
                }

                scope.Complete();
            }
            catch (TransactionException)
            {
                // Whether it is said or not.
            }
        });

        Assert.Empty(await LogAfterQuestionsAsync());
    }

    [Fact]
    public async Task G5_the_inner_of_nested_ambient_transactions_comes_with_the_outer_one()
    {
        await ShopAsync(async db =>
        {
            using var outer = NewScope();
            db.Add(new Shelf { Name = "outer" });
            await db.SaveChangesAsync();
            using (var inner = NewScope())
            {
                db.Add(new Shelf { Name = "inner" });
                await db.SaveChangesAsync();
                inner.Complete();
            }

            outer.Complete();
        });

        Assert.Equal([["Insert Shelf 3 outer", "Insert Shelf 4 inner"]], await LogAsync());
    }

    [Fact]
    public async Task G1_what_is_saved_outside_of_the_ambient_transaction_does_not_wait_for_it()
    {
        await ShopAsync(async db =>
        {
            using var outer = NewScope();
            using (new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled))
            {
                await ShopAsync(async free =>
                {
                    free.Add(new Shelf { Name = "free" });
                    await free.SaveChangesAsync();
                });
            }

            db.Add(new Shelf { Name = "never" });
            await db.SaveChangesAsync();
        });

        Assert.Equal([["Insert Shelf 3 free"]], await LogAfterQuestionsAsync());
    }

    [Fact]
    public async Task G2_a_connection_that_does_not_take_part_in_ambient_transactions_commits_by_itself()
    {
        await StartAppAsync("not enlisted", o => o.Connection = c => c.Enlist = false);
        await ShopAsync(async db =>
        {
            using var scope = NewScope();
            db.Add(new Shelf { Name = "free" });
            await db.SaveChangesAsync();
        });

        Assert.Equal([["Insert Shelf 3 free"]], await LogAsync(1));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_transaction_that_a_context_is_enlisted_in_publishes_only_when_it_commits(bool commit)
    {
        await ShopAsync(async db =>
        {
            using var transaction = new CommittableTransaction();
            await db.Database.OpenConnectionAsync();
            db.Database.EnlistTransaction(transaction);
            db.Add(new Shelf { Name = "enlisted" });
            await db.SaveChangesAsync();
            Assert.Empty(await LogAsync());
            if (commit)
            {
                transaction.Commit();
            }
            else
            {
                transaction.Rollback();
            }
        });

        Assert.Equal(commit ? [["Insert Shelf 3 enlisted"]] : [], await LogAfterQuestionsAsync());
    }

    private static TransactionScope NewScope() => new(TransactionScopeAsyncFlowOption.Enabled);
}
