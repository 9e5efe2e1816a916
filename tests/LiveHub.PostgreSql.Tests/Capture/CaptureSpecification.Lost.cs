using System.Data.Common;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Connections that break when it matters: what was committed is published once, what was not is not.</summary>
public abstract partial class CaptureSpecification
{
    /// <summary>The whole message: transactions begin with words that hold this one.</summary>
    private const string Commit = "COMMIT\0";

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_server_process_that_dies_before_the_commit_takes_the_transaction_with_it(bool async)
    {
        await StartAppAsync("killer", o => o.Context = context => context.AddInterceptors(new Killer(database.ConnectionString)));
        await ShopAsync(async db =>
        {
            await using var transaction = await db.BeginAsync(async);
            db.Add(new Shelf { Name = "never" });
            await db.SaveAsync(async);
            await Assert.ThrowsAnyAsync<Exception>(() => transaction.CommitAsync(async));
        });

        Assert.Empty(await LogAfterQuestionsAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_server_process_that_dies_before_the_commit_of_a_save_takes_the_save_with_it(bool async)
    {
        await StartAppAsync("killer", o => o.Context = context => context.AddInterceptors(new Killer(database.ConnectionString)));
        await ShopAsync(async db =>
        {
            db.AddRange(new Shelf { Name = "never" }, new Shelf { Name = "never" });
            await Assert.ThrowsAnyAsync<Exception>(() => db.SaveAsync(async));
        });

        Assert.Empty(await LogAfterQuestionsAsync());
    }

    [Theory, InlineData(nameof(Loss.Message), true), InlineData(nameof(Loss.Message), false), InlineData(nameof(Loss.Answer), true), InlineData(nameof(Loss.Answer), false)]
    public async Task Rule_1_a_connection_that_is_lost_at_the_commit_publishes_once_or_not_at_all(string loss, bool async)
    {
        var proxy = await StartAppOnProxyAsync();
        await ShopAsync(async db =>
        {
            await using var transaction = await db.BeginAsync(async);
            db.Add(new Shelf { Name = "third" });
            await db.SaveAsync(async);
            proxy.Lose(Enum.Parse<Loss>(loss), Commit);
            await Assert.ThrowsAnyAsync<Exception>(() => transaction.CommitAsync(async));
        });

        await AssertLostAsync(loss, ["Insert Shelf 3 third"]);
    }

    [Theory, InlineData(nameof(Loss.Message), true), InlineData(nameof(Loss.Message), false), InlineData(nameof(Loss.Answer), true), InlineData(nameof(Loss.Answer), false)]
    public async Task Rule_1_a_connection_that_is_lost_at_the_commit_of_a_save_publishes_once_or_not_at_all(string loss, bool async)
    {
        var proxy = await StartAppOnProxyAsync();
        await ShopAsync(async db =>
        {
            db.AddRange(new Shelf { Name = "third" }, new Shelf { Name = "fourth" });
            proxy.Lose(Enum.Parse<Loss>(loss), Commit);
            await Assert.ThrowsAnyAsync<Exception>(() => db.SaveAsync(async));
        });

        await AssertLostAsync(loss, ["Insert Shelf 3 third", "Insert Shelf 4 fourth"]);
    }

    [Theory, InlineData(nameof(Loss.Message)), InlineData(nameof(Loss.Answer))]
    public async Task Rule_1_a_connection_that_is_lost_at_the_commit_of_an_ambient_transaction_publishes_once_or_not_at_all(string loss)
    {
        var proxy = await StartAppOnProxyAsync();
        await ShopAsync(async db =>
        {
            try
            {
                using var scope = NewScope();
                db.Add(new Shelf { Name = "third" });
                await db.SaveChangesAsync();
                proxy.Lose(Enum.Parse<Loss>(loss), Commit);
                scope.Complete();
            }
            catch (Exception e) when (e is System.Transactions.TransactionException or DbException)
            {
                // In doubt, or aborted: it does not know.
            }
        });
        await proxy.Lost;

        await AssertLostAsync(loss, ["Insert Shelf 3 third"]);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_commit_of_ADO_NET_whose_answer_is_lost_is_published_once(bool async)
    {
        var proxy = await StartAppOnProxyAsync();
        _contexts.Add(typeof(ShopDb));
        await using var connection = new NpgsqlConnection(_app.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var db = _app.On<ShopDb>(connection);
        await db.Database.UseTransactionAsync(transaction);
        db.Add(new Shelf { Name = "third" });
        await db.SaveAsync(async);
        proxy.Lose(Loss.Answer, Commit);
        await Assert.ThrowsAnyAsync<Exception>(() => transaction.CommitAsync());

        await AssertLostAsync(nameof(Loss.Answer), ["Insert Shelf 3 third"]);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_single_save_whose_answer_is_lost_has_its_rows_read_again(bool async)
    {
        var proxy = await StartAppOnProxyAsync();
        await ShopAsync(async db =>
        {
            db.Add(new Shelf { Name = "third" });
            proxy.Lose(Loss.Answer, "INSERT INTO");
            await Assert.ThrowsAnyAsync<Exception>(() => db.SaveAsync(async));
        });

        await AssertTouchedAsync("Shelf");
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_single_save_that_is_committed_long_after_its_connection_was_lost_has_its_rows_read_again_then(bool async)
    {
        var proxy = await StartAppOnProxyAsync();
        await using var blocker = new NpgsqlConnection(database.ConnectionString);
        await blocker.OpenAsync();
        await using var held = await blocker.BeginTransactionAsync();
        await PostgresSql.ExecuteAsync(blocker, "lock table \"Shelves\" in exclusive mode");
        await ShopAsync(async db =>
        {
            db.Add(new Shelf { Name = "third" });
            proxy.Lose(Loss.Wait, "INSERT INTO");
            await Assert.ThrowsAnyAsync<Exception>(() => db.SaveAsync(async));
        });
        Assert.Empty(await LogAfterQuestionsAsync());
        await held.RollbackAsync();

        await AssertTouchedAsync("Shelf");
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_5_a_bulk_command_whose_answer_is_lost_has_its_rows_read_again(bool async)
    {
        var proxy = await StartAppOnProxyAsync();
        await ShopAsync(async db =>
        {
            proxy.Lose(Loss.Answer, "UPDATE");
            await Assert.ThrowsAnyAsync<Exception>(async () => _ = async
                ? await db.Shelves.ExecuteUpdateAsync(s => s.SetProperty(i => i.Name, "x"))
                : db.Shelves.ExecuteUpdate(s => s.SetProperty(i => i.Name, "x")));
        });

        await AssertTouchedAsync("Shelf");
    }

    [Fact]
    public async Task Rule_1_a_connection_that_is_lost_in_the_middle_of_a_transaction_leaves_nothing()
    {
        var proxy = await StartAppOnProxyAsync();
        await ShopAsync(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            db.Add(new Shelf { Name = "never" });
            await db.SaveChangesAsync();
            proxy.Lose(Loss.Answer, "INSERT INTO");
            db.Add(new Shelf { Name = "never" });
            await Assert.ThrowsAnyAsync<Exception>(() => db.SaveChangesAsync());
        });

        Assert.Empty(await LogAfterQuestionsAsync());
    }

    private async Task<LossyProxy> StartAppOnProxyAsync()
    {
        await StartAppAsync("proxy", o =>
        {
            var server = new NpgsqlConnectionStringBuilder(database.ConnectionString);
            var proxy = new LossyProxy(server.Host!, server.Port);
            o.Connection = c => (c.Host, c.Port) = ("127.0.0.1", proxy.Port);
            o.Services = services => services.AddSingleton(_ => proxy);
        });
        return _app.Services.GetRequiredService<LossyProxy>();
    }

    private async Task AssertLostAsync(string loss, string[] changes)
    {
        if (loss == nameof(Loss.Answer))
        {
            await LogAsync(1);
        }

        Assert.Equal(loss == nameof(Loss.Answer) ? [changes] : [], await LogAfterQuestionsAsync());
    }

    /// <summary>Ends the server's process of a connection that is about to commit.</summary>
    private sealed class Killer(string connectionString) : DbTransactionInterceptor
    {
        public override InterceptionResult TransactionCommitting(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result)
        {
            KillAsync(transaction).GetAwaiter().GetResult();
            return result;
        }

        public override async ValueTask<InterceptionResult> TransactionCommittingAsync(
            DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
        {
            await KillAsync(transaction);
            return result;
        }

        private Task KillAsync(DbTransaction transaction)
            => PostgresSql.ReadAsync(connectionString, $"select pg_terminate_backend({((NpgsqlConnection)transaction.Connection!).ProcessID}, 5000)");
    }
}
