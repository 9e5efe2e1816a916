using System.Data.Common;
using System.Globalization;
using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.PostgreSql.Capture;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Database = LiveHub.Capture.Database;

namespace LiveHub.PostgreSql;

/// <summary>What PostgreSQL tells: rows and stamps in the save's own command, savepoints by name, snapshots, and how transactions ended.</summary>
internal sealed class PostgreSqlDatabase : Database
{
    /// <summary>The first whose statements return rows as they were, too (release notes, E.4: RETURNING old).</summary>
    private const int FirstWithOld = 18;

    private HistoryInterceptor? _history;

    public override bool CapturesSaves => true;

    public override bool NamesSavepoints => true;

    public override void Configure(DbContextOptionsBuilder options)
    {
        // What the application has replaced is its own; the check at start-up says what follows from it.
        var replaced = options.Options.FindExtension<CoreOptionsExtension>()?.ReplacedServices;
        if (replaced?.Keys.Any(k => k.Item1 == typeof(IModificationCommandBatchFactory)) is not true)
        {
            options.ReplaceService<IModificationCommandBatchFactory, CapturingBatchFactory>();
        }

        if (replaced?.Keys.Any(k => k.Item1 == typeof(IRelationalTransactionFactory)) is not true)
        {
            options.ReplaceService<IRelationalTransactionFactory, CapturingTransactionFactory>();
        }
    }

    public override IEnumerable<IInterceptor> Interceptors(IServiceProvider services)
        => [LazyInitializer.EnsureInitialized(ref _history, () => ActivatorUtilities.CreateInstance<HistoryInterceptor>(services))];

    public override Task<DatabaseFaults> FindFaultsAsync(DbContext context, ContextModel model, CancellationToken cancellationToken)
        => TableFaults.FindAsync(context, model, cancellationToken);

    public override async Task<(bool IsTaken, TransactionSnapshot? Transactions)> TakeSnapshotAsync(DbContext context, CancellationToken cancellationToken)
    {
        await using var command = Command(context, "select pg_current_snapshot()::text");
        return (true, Parse((string)(await command.ExecuteScalarAsync(cancellationToken))!));
    }

    /// <summary>
    /// An error takes the whole command back. What ends the connection (FATAL, PANIC; class 08, also said by a pooler in between) may come instead of the answer to a commit
    /// (PostgreSQL, section 54.2.2 and appendix A).
    /// </summary>
    public override bool IsRefusal(Exception? exception)
        => exception?.GetBaseException() is PostgresException { InvariantSeverity: "ERROR", SqlState: var state } && !state.StartsWith("08", StringComparison.Ordinal);

    /// <summary>Whether an update can return its row as it was. Said of a server that is not known yet: no.</summary>
    public bool ReturnsOld(DbContext context) => _history?.VersionOf((NpgsqlConnection)context.Database.GetDbConnection())?.Major >= FirstWithOld;

    public override bool? IsSame(DatabaseName database, DbConnection connection) => _history?.IsSame(database, (NpgsqlConnection)connection);

    public override async Task ObserveAsync(DbContext context, CancellationToken cancellationToken)
    {
        if (_history is { } history && context.Database.GetDbConnection() is NpgsqlConnection connection)
        {
            await using var opened = await OpenedConnection.OpenAsync(context, cancellationToken);
            await history.AskAsync(connection, async: true, cancellationToken);
        }
    }

    public override ValueTask KnowAsync(DbConnection connection, bool async, CancellationToken cancellationToken)
        => _history?.KnowAsync((NpgsqlConnection)connection, async, cancellationToken) ?? default;

    public override int? BackendOf(DbConnection connection) => _history?.BackendOf((NpgsqlConnection)connection);

    public override async ValueTask<Stamp?> ReadStampAsync(DbContext context, bool async, CancellationToken cancellationToken)
    {
        await using var command = Command(context, Stamps.Sql);
        await using var reader = async ? await command.ExecuteReaderAsync(cancellationToken) : command.ExecuteReader();
        _ = async ? await reader.ReadAsync(cancellationToken) : reader.Read();
        return Stamps.Read(reader);
    }

    public override async Task<TransactionState> ReadStateAsync(
        DbContext context, OpenTransaction transaction, TimeSpan age, CancellationToken cancellationToken)
    {
        await using var connection = await OpenedConnection.OpenAsync(context, cancellationToken);
        await using var command = Command(context, Question(transaction, age));
        return await command.ExecuteScalarAsync(cancellationToken) switch
        {
            "in progress" => TransactionState.InProgress,
            "committed" => TransactionState.Committed,
            "aborted" => TransactionState.Aborted,
            _ => TransactionState.Unknown,
        };
    }

    /// <summary>How it ended; or whether its process is still at work; or, where that is not known, anybody who was at work by then.</summary>
    private static string Question(OpenTransaction transaction, TimeSpan age)
        => transaction switch
        {
            { Stamp: { } stamp } => $"select pg_xact_status('{stamp.Transaction}'::xid8)",
            { Backend: { } backend } => $"select 'in progress' from pg_stat_activity where pid = {backend} and state <> 'idle' and pid <> pg_backend_pid()",
            _ => string.Create(CultureInfo.InvariantCulture, $"""
                select 'in progress' from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()
                and xact_start < clock_timestamp() - make_interval(secs => {age.TotalSeconds}) limit 1
                """),
        };

    /// <summary><c>xmin:xmax:in progress,…</c> (PostgreSQL, section 9.28, "pg_snapshot components").</summary>
    internal static TransactionSnapshot Parse(string snapshot)
    {
        var parts = snapshot.Split(':');
        return new(Id(parts[0]), Id(parts[1]), [.. parts[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Id)]);

        static TransactionId Id(string text) => new(ulong.Parse(text, CultureInfo.InvariantCulture));
    }

    private static NpgsqlCommand Command(DbContext context, string sql) => new(
        sql,
        (NpgsqlConnection)context.Database.GetDbConnection(),
        (NpgsqlTransaction?)context.Database.CurrentTransaction?.GetDbTransaction());
}
