using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Parts of transactions that are taken back.</summary>
public abstract partial class CaptureSpecification
{
    /// <summary>Steps in one transaction: <c>+name</c> saves a shelf, <c>(name</c> makes a savepoint, <c>&lt;name</c> rolls back to it, <c>)name</c> releases it.</summary>
    [Theory]
    [InlineData("+a (s +b <s +c", "a c", true)]
    [InlineData("+a (s +b <s +c", "a c", false)]
    [InlineData("(s +a <s", "", true)]
    [InlineData("(s +a <s +b <s +c", "c", true)]
    [InlineData("+a (s +b (t +c <t +d", "a b d", true)]
    [InlineData("+a (s +b (t +c <s +d", "a d", true)]
    [InlineData("+a (s +b (t +c <s +d", "a d", false)]
    [InlineData("+a (s +b )s +c", "a b c", true)]
    [InlineData("+a (s +b )s +c", "a b c", false)]
    [InlineData("+a (s +b (t +c )t +d <s +e", "a e", true)]
    [InlineData("+a (s +b (t +c )s +d", "a b c d", true)]
    [InlineData("+a (s +b (s +c <s +d", "a b d", true)]
    [InlineData("+a (s +b (s +c )s +d <s +e", "a e", true)]
    [InlineData("+a (s +b (s +c )s +d <s +e", "a e", false)]
    [InlineData("+a (s +b (t +c (s +d <t +e <s +f", "a f", true)]
    [InlineData("+a (s <s (s +b <s <s +c", "a c", true)]
    public async Task G1_what_a_savepoint_takes_back_is_not_published(string steps, string kept, bool async)
    {
        await ShopAsync(async db =>
        {
            await using var transaction = await db.BeginAsync(async);
            foreach (var step in steps.Split(' '))
            {
                await (step[0] switch
                {
                    '(' => transaction.CreateSavepointAsync(step[1..], async),
                    '<' => transaction.RollbackToSavepointAsync(step[1..], async),
                    ')' => transaction.ReleaseSavepointAsync(step[1..], async),
                    _ => AddAsync(step[1..]),
                });
            }

            await transaction.CommitAsync(async);

            Task AddAsync(string name)
            {
                db.Add(new Shelf { Name = name });
                return db.SaveAsync(async);
            }
        });

        var log = await LogAsync();
        Assert.Equal(kept.Length == 0 ? 0 : 1, log.Count);
        Assert.Equal(kept.Split(' ', StringSplitOptions.RemoveEmptyEntries), log.SelectMany(c => c).Select(c => c.Split(' ')[^1]).Order());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G1_a_row_that_was_written_before_and_after_a_savepoint_goes_back_to_what_it_was_there(bool async)
    {
        await ShopAsync(async db =>
        {
            await using var transaction = await db.BeginAsync(async);
            var shelf = await db.Shelves.SingleAsync(s => s.Id == 1);
            shelf.Name = "before";
            await db.SaveAsync(async);
            await transaction.CreateSavepointAsync("here", async);
            shelf.Name = "after";
            await db.SaveAsync(async);
            await transaction.RollbackToSavepointAsync("here", async);
            await transaction.CommitAsync(async);
        });

        Assert.Equal([["Update Shelf 1 top -> before"]], await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G1_savepoints_of_one_context_hold_for_what_another_saved_in_its_transaction(bool async)
    {
        await using var connection = new Npgsql.NpgsqlConnection(_app.ConnectionString);
        await using var first = _app.On<ShopDb>(connection);
        await using var second = _app.On<ShopDb>(connection);
        _contexts.Add(typeof(ShopDb));
        await using var transaction = await first.BeginAsync(async);
        await second.Database.UseTransactionAsync(transaction.GetDbTransaction());
        first.Add(new Shelf { Name = "kept" });
        await first.SaveAsync(async);
        await transaction.CreateSavepointAsync("here", async);
        second.Add(new Shelf { Name = "never" });
        await second.SaveAsync(async);
        await transaction.RollbackToSavepointAsync("here", async);
        await transaction.CommitAsync(async);

        Assert.Equal([["Insert Shelf 3 kept"]], await LogAsync());
    }

    [Fact]
    public async Task G1_a_transaction_of_which_all_was_taken_back_is_nothing_also_when_more_follows_on_its_connection()
    {
        await ShopAsync(async db =>
        {
            await using (var transaction = await db.Database.BeginTransactionAsync())
            {
                await transaction.CreateSavepointAsync("here");
                db.Add(new Shelf { Name = "never" });
                await db.SaveChangesAsync();
                await transaction.RollbackToSavepointAsync("here");
                await transaction.CommitAsync();
            }

            db.ChangeTracker.Clear();
            db.Add(new Shelf { Name = "next" });
            await db.SaveChangesAsync();
        });

        Assert.Equal([["Insert Shelf 4 next"]], await LogAsync());
    }
}
