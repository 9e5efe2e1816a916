using System.Data.Common;
using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveHub.Capture;

/// <summary>
/// What capture and snapshots can have from a context's database beyond what EF Core tells. This one is any relational database:
/// rows come from the change tracker, versions count this process's changesets.
/// </summary>
internal class Database
{
    public static readonly Database Any = new();

    private const string PostgreSql = "Npgsql.EntityFrameworkCore.PostgreSQL";

    /// <summary>Whether saves hand in their rows and stamps themselves, so that nothing is taken from the change tracker.</summary>
    public virtual bool CapturesSaves => false;

    /// <summary>Whether savepoints come with their names, without EF Core's events.</summary>
    public virtual bool NamesSavepoints => false;

    /// <summary>Whether a context is on PostgreSQL and nobody said so: what that could tell is not asked for.</summary>
    public bool IsUntoldPostgreSql(DbContext context) => !CapturesSaves && context.Database.ProviderName == PostgreSql;

    /// <summary>Attaches what this database needs to a context's options.</summary>
    public virtual void Configure(DbContextOptionsBuilder options)
    {
    }

    /// <summary>Interceptors beside those of every database; the same ones for every context.</summary>
    public virtual IEnumerable<IInterceptor> Interceptors(IServiceProvider services) => [];

    /// <summary>What of the exposed tables would break a promise.</summary>
    public virtual Task<DatabaseFaults> FindFaultsAsync(DbContext context, ContextModel model, CancellationToken cancellationToken)
        => Task.FromResult(new DatabaseFaults([], IsComplete: true));

    /// <summary>
    /// The first statement of a repeatable-read transaction: PostgreSQL then sees that moment to its end, and can say which transactions
    /// that shows. Of other databases nobody knows which moment they see before the last row is read.
    /// </summary>
    public virtual async Task<(bool IsTaken, TransactionSnapshot? Transactions)> TakeSnapshotAsync(DbContext context, CancellationToken cancellationToken)
    {
        if (context.Database.ProviderName != PostgreSql)
        {
            return (false, null);
        }

        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.Transaction = context.Database.CurrentTransaction?.GetDbTransaction();
        command.CommandText = "select 1";
        await command.ExecuteScalarAsync(cancellationToken);
        return (true, null);
    }

    /// <summary>The stamp of the transaction that a context is in, after a command whose answer brought none; null where the database has none.</summary>
    public virtual ValueTask<Stamp?> ReadStampAsync(DbContext context, bool async, CancellationToken cancellationToken) => new((Stamp?)null);

    /// <summary>Whether a command's failure is the server's own no, after which nothing of it holds.</summary>
    public virtual bool IsRefusal(Exception? exception) => exception is DbException;

    /// <summary>Asks which database a context is on, and where it stands, whatever was heard of it before.</summary>
    public virtual Task ObserveAsync(DbContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Finds out which database an open connection is to, before something is written over it.</summary>
    public virtual ValueTask KnowAsync(DbConnection connection, bool async, CancellationToken cancellationToken) => default;

    /// <summary>Whether an open connection is to a database that was seen under a name; null where nobody knows.</summary>
    public virtual bool? IsSame(DatabaseName database, DbConnection connection) => null;

    /// <summary>The server's process behind an open connection, where that is known.</summary>
    public virtual int? BackendOf(DbConnection connection) => null;

    /// <summary>How a transaction ended, asked on a connection of its own.</summary>
    /// <param name="age">How long it has been heard of.</param>
    public virtual Task<TransactionState> ReadStateAsync(DbContext context, OpenTransaction transaction, TimeSpan age, CancellationToken cancellationToken)
        => Task.FromResult(TransactionState.Unknown);
}

/// <param name="Faults">Each with its remedy.</param>
/// <param name="IsComplete">Whether all tables were there to be looked at.</param>
internal sealed record DatabaseFaults(IReadOnlyList<string> Faults, bool IsComplete);

internal enum TransactionState
{
    /// <summary>Not ended yet: ask again.</summary>
    InProgress,
    Committed,
    Aborted,

    /// <summary>It has ended, and nobody knows how.</summary>
    Unknown,
}
