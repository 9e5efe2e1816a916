using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Transactions that begin or end outside of EF Core.</summary>
public abstract partial class CaptureSpecification
{
    [Theory, InlineData(true, true), InlineData(true, false), InlineData(false, true), InlineData(false, false)]
    public async Task Rule_1_a_transaction_of_ADO_NET_is_published_when_it_commits_there(bool commit, bool async)
    {
        await using var connection = new NpgsqlConnection(_app.ConnectionString);
        await connection.OpenAsync();
        _contexts.Add(typeof(ShopDb));
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var db = _app.On<ShopDb>(connection);
            _ = async ? await db.Database.UseTransactionAsync(transaction) : db.Database.UseTransaction(transaction);
            db.Add(new Shelf { Name = "third" });
            await db.SaveAsync(async);
            Assert.Empty(await LogAfterQuestionsAsync());
            await (commit ? transaction.CommitAsync() : transaction.RollbackAsync());
        }

        if (commit)
        {
            Assert.Equal([["Insert Shelf 3 third"]], await LogAsync(1));
        }
        else
        {
            Assert.Empty(await LogAfterQuestionsAsync());
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_transactions_of_ADO_NET_one_after_the_other_on_a_connection_are_told_apart(bool firstCommits)
    {
        await using var connection = new NpgsqlConnection(_app.ConnectionString);
        await connection.OpenAsync();
        _contexts.Add(typeof(ShopDb));
        foreach (var name in new[] { "first", "second" })
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await using var db = _app.On<ShopDb>(connection);
            await db.Database.UseTransactionAsync(transaction);
            db.Add(new Shelf { Name = name });
            await db.SaveChangesAsync();
            await (name == "second" || firstCommits ? transaction.CommitAsync() : transaction.RollbackAsync());
        }

        await Task.Delay(AfterQuestions);
        var log = await LogAsync(firstCommits ? 2 : 1);
        Assert.Equal(firstCommits ? ["first", "second"] : ["second"], log.Select(c => Assert.Single(c).Split(' ')[^1]).Order());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G5_contexts_that_take_turns_in_a_transaction_of_ADO_NET_are_one_changeset(bool commitByAdo)
    {
        await using var connection = new NpgsqlConnection(_app.ConnectionString);
        await connection.OpenAsync();
        _contexts.Add(typeof(ShopDb));
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            foreach (var name in new[] { "first", "second", "third" })
            {
                await using var db = _app.On<ShopDb>(connection);
                await db.Database.UseTransactionAsync(transaction);
                db.Add(new Shelf { Name = name });
                await db.SaveChangesAsync();
                if (name == "third" && !commitByAdo)
                {
                    await db.Database.CommitTransactionAsync();
                }
            }

            if (commitByAdo)
            {
                await transaction.CommitAsync();
            }
        }

        await Task.Delay(AfterQuestions);
        Assert.Equal([["Insert Shelf 3 first", "Insert Shelf 4 second", "Insert Shelf 5 third"]], await LogAsync(1));
    }

    [Fact]
    public async Task G2_a_transaction_of_EF_Core_that_is_committed_behind_its_back_is_published()
    {
        await ShopAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            db.Add(new Shelf { Name = "third" });
            await db.SaveChangesAsync();
            await transaction.GetDbTransaction().CommitAsync();
        });

        Assert.Equal([["Insert Shelf 3 third"]], await LogAsync(1));
    }

    [Fact]
    public async Task Rule_1_an_end_is_asked_for_though_the_thread_that_saved_and_its_context_are_gone()
    {
        var thread = new Thread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(new EndedContext());
            using var connection = new NpgsqlConnection(_app.ConnectionString);
            connection.Open();
            using var transaction = connection.BeginTransaction();
            using var db = _app.On<ShopDb>(connection);
            db.Database.UseTransaction(transaction);
            db.Add(new Shelf { Name = "third" });
            db.SaveChanges();
            transaction.Commit();
        });
        thread.Start();
        thread.Join();

        _contexts.Add(typeof(ShopDb));
        Assert.Equal(["Insert Shelf 3 third"], Assert.Single(await LogAsync(expected: 1)));
    }

    /// <summary>Of a loop that has ended: what is posted is never run.</summary>
    private sealed class EndedContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
