using System.Runtime.CompilerServices;
using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Rule 1: what hangs on transactions is gone with them.</summary>
public sealed class AbandonedTransactionsTests(Database18 database) : IClassFixture<Database18>
{
    private const int ThroughContexts = 2_000;
    private const int ThroughHand = 100_000;

    [Fact]
    public async Task Rule_1_a_hundred_thousand_transactions_that_are_disposed_leave_nothing_behind()
    {
        await database.ResetAsync();
        var app = await database.AppAsync(new InterceptorMode());
        var head = await app.Log.ReadHeadAsync(default);
        var transactions = app.Services.GetRequiredService<OpenTransactions>();
        var held = new List<WeakReference>();

        await DisposeThroughContextsAsync(app, transactions, held);
        await DisposeByHandAsync(app, transactions, held);
        Collect();

        // Connections that wait in their pool keep their transaction's object, and what may hang on it.
        Assert.InRange(held.Count(h => h.IsAlive), 0, 2);
        Assert.Equal(head, await app.Log.ReadHeadAsync(default));
    }

    /// <summary>As applications do: with a save, and an end without a word.</summary>
    private static async Task DisposeThroughContextsAsync(CaptureApp app, OpenTransactions transactions, List<WeakReference> held)
    {
        for (var i = 0; i < ThroughContexts; i++)
        {
            await using var scope = app.Scope();
            var db = scope.ServiceProvider.GetRequiredService<YardDb>();
            await using var transaction = await db.Database.BeginTransactionAsync();
            if (i % 20 == 0)
            {
                db.Add(new Course { Name = "never" });
                await db.SaveChangesAsync();
            }
            else
            {
                transactions.Of(db, Npgsql(db), stamp: null).Add(Writes(app), stamp: null);
            }

            held.Add(new(transactions.Find(Npgsql(db))!));
        }
    }

    /// <summary>Objects that nobody uses again and nobody says goodbye to: the table must not hold them.</summary>
    private static async Task DisposeByHandAsync(CaptureApp app, OpenTransactions transactions, List<WeakReference> held)
    {
        await using var connection = new NpgsqlConnection(app.ConnectionString);
        await connection.OpenAsync();
        await using var db = app.On<ShopDb>(connection);
        for (var i = 0; i < ThroughHand; i++)
        {
            Abandon(transactions, db, Writes(app), i % 100 == 0 ? held : null);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon(OpenTransactions transactions, ShopDb db, ChangesetBuilder writes, List<WeakReference>? held)
    {
        var transaction = (NpgsqlTransaction)RuntimeHelpers.GetUninitializedObject(typeof(NpgsqlTransaction));
        transactions.Begin(db, transaction);
        var open = transactions.Of(db, transaction, stamp: null);
        open.CreateSavepoint("here");
        open.Add(writes, stamp: null);
        held?.Add(new(open));
    }

    private static ChangesetBuilder Writes(CaptureApp app)
    {
        var writes = new ChangesetBuilder();
        writes.Add(Invalidation.Of(app.Model.Find("Shelf")!));
        return writes;
    }

    private static System.Data.Common.DbTransaction Npgsql(DbContext db)
        => Microsoft.EntityFrameworkCore.Storage.DbContextTransactionExtensions.GetDbTransaction(db.Database.CurrentTransaction!);

    private static void Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
