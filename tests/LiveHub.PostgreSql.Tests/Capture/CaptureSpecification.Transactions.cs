using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Transactions of the application's.</summary>
public abstract partial class CaptureSpecification
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task G5_all_saves_of_a_transaction_are_one_changeset_that_comes_with_its_commit(bool async)
    {
        await ShopAsync(async db =>
        {
            await using var transaction = await db.BeginAsync(async);
            var item = new Item { ShelfId = 1, Name = "first" };
            db.Add(item);
            await db.SaveAsync(async);
            item.Name = "second";
            await db.SaveAsync(async);
            db.Add(new Shelf { Name = "third" });
            await db.SaveAsync(async);
            Assert.Empty(await LogAsync());
            await transaction.CommitAsync(async);
            Assert.Single(await LogAsync());
        });

        Assert.Equal([["Insert Item 1 second", "Insert Shelf 3 third"]], await LogAsync());
    }

    [Theory, InlineData("rollback", true), InlineData("rollback", false), InlineData("dispose", true), InlineData("dispose", false), InlineData("dispose context", true)]
    public async Task G1_nothing_of_a_transaction_that_does_not_commit_is_published(string end, bool async)
    {
        await ShopAsync(async db =>
        {
            var transaction = await db.BeginAsync(async);
            db.Add(new Shelf { Name = "never" });
            await db.SaveAsync(async);
            switch (end)
            {
                case "rollback":
                    await transaction.RollbackAsync(async);
                    break;
                case "dispose" when async:
                    await transaction.DisposeAsync();
                    break;
                case "dispose":
                    transaction.Dispose();
                    break;
            }
        });
        await ShopAsync(async db =>
        {
            // Npgsql uses the connection's transaction object again: what was left on it must not come along.
            await using var transaction = await db.BeginAsync(async);
            db.Add(new Shelf { Name = "marker" });
            await db.SaveAsync(async);
            await transaction.CommitAsync(async);
        });

        Assert.Equal([["Insert Shelf 4 marker"]], await LogAfterQuestionsAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G1_a_row_that_comes_and_goes_in_one_transaction_leaves_no_trace(bool async)
    {
        await ShopAsync(async db =>
        {
            await using var transaction = await db.BeginAsync(async);
            var shelf = new Shelf { Name = "brief" };
            db.Add(shelf);
            await db.SaveAsync(async);
            db.Remove(shelf);
            await db.SaveAsync(async);
            await transaction.CommitAsync(async);
        });

        Assert.Empty(await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_row_that_is_saved_twice_in_a_transaction_has_the_first_before_and_the_last_after(bool async)
    {
        await ShopAsync(async db =>
        {
            await using var transaction = await db.BeginAsync(async);
            foreach (var name in new[] { "one", "two", "three" })
            {
                (await db.Shelves.SingleAsync(s => s.Id == 1)).Name = name;
                await db.SaveAsync(async);
            }

            await transaction.CommitAsync(async);
        });

        Assert.Equal([["Update Shelf 1 top -> three"]], await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G5_several_contexts_in_one_transaction_are_one_changeset(bool async)
    {
        await using var connection = new NpgsqlConnection(_app.ConnectionString);
        await using var first = _app.On<ShopDb>(connection);
        await using var second = _app.On<ShopDb>(connection);
        await using var yard = _app.On<YardDb>(connection);
        _contexts.UnionWith([typeof(ShopDb), typeof(YardDb)]);
        await using var transaction = await first.BeginAsync(async);
        first.Add(new Shelf { Name = "first" });
        await first.SaveAsync(async);
        await second.Database.UseTransactionAsync(transaction.GetDbTransaction());
        second.Add(new Shelf { Name = "second" });
        await second.SaveAsync(async);
        await yard.Database.UseTransactionAsync(transaction.GetDbTransaction());
        yard.Add(new Course { Name = "third" });
        await yard.SaveAsync(async);
        (await second.Shelves.SingleAsync(s => s.Name == "first")).Name = "fourth";
        await second.SaveAsync(async);
        Assert.Empty(await LogAfterQuestionsAsync());
        await transaction.CommitAsync(async);

        Assert.Equal([["Insert Course 1 third", "Insert Shelf 3 fourth", "Insert Shelf 4 second"]], await LogAsync());
    }

    [Fact]
    public async Task G1_several_contexts_in_one_transaction_that_is_rolled_back_are_nothing()
    {
        await using var connection = new NpgsqlConnection(_app.ConnectionString);
        await using var first = _app.On<ShopDb>(connection);
        await using var yard = _app.On<YardDb>(connection);
        await using (var transaction = await first.Database.BeginTransactionAsync())
        {
            await yard.Database.UseTransactionAsync(transaction.GetDbTransaction());
            yard.Add(new Course { Name = "never" });
            await yard.SaveChangesAsync();
        }

        Assert.Empty(await LogAfterQuestionsAsync());
    }

    [Fact]
    public async Task Rule_1_a_pooled_context_that_is_given_back_in_the_middle_of_a_transaction_leaves_nothing()
    {
        await StartAppAsync("pooled", o => o.Pooled = true);
        for (var i = 0; i < 3; i++)
        {
            await ShopAsync(async db =>
            {
                await db.Database.BeginTransactionAsync();
                db.Add(new Shelf { Name = "never" });
                await db.SaveChangesAsync();
            });
            await ShopAsync(async db =>
            {
                db.Add(new Tag { Name = "kept" });
                await db.SaveChangesAsync();
            });
        }

        var log = await LogAfterQuestionsAsync();
        Assert.Equal(3, log.Count);
        Assert.All(log, c => Assert.EndsWith("kept", Assert.Single(c), StringComparison.Ordinal));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_commit_that_was_cancelled_and_tried_again_is_published_once(bool again)
    {
        await ShopAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            db.Add(new Shelf { Name = "third" });
            await db.SaveChangesAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => transaction.CommitAsync(new CancellationToken(canceled: true)));
            if (again)
            {
                await transaction.CommitAsync();
            }
        });

        await Task.Delay(AfterQuestions);
        Assert.Equal(again ? [["Insert Shelf 3 third"]] : [], await LogAsync(again ? 1 : 0));
    }
}
