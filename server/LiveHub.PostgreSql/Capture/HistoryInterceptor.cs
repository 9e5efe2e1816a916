using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Transactions;
using LiveHub.Capture;
using LiveHub.Diagnostics;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace LiveHub.PostgreSql.Capture;

/// <summary>
/// Asks each physical connection, before anything is written or read over it, which history its database is in (rule 8): when EF Core opens it, or, where
/// the application did, before the first save.
/// </summary>
internal sealed class HistoryInterceptor(DatabaseHistories histories, GuardedLogger<HistoryInterceptor> logger) : DbConnectionInterceptor
{
    /// <summary>Cluster, timeline and database, where its log stands, and which process answers.</summary>
    private const string Sql = """
        select s.system_identifier || '/' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) || '/' || d.oid, pg_current_wal_insert_lsn(), pg_backend_pid()
        from pg_control_system() s, pg_database d where d.datname = current_database() and not pg_is_in_recovery()
        """;

    /// <summary>A refusal inside a transaction of the application's would end it.</summary>
    private const string MayAsk = "select has_function_privilege('pg_control_system()', 'execute') and has_function_privilege('pg_walfile_name(pg_lsn)', 'execute')";

    private readonly ConcurrentDictionary<string, bool> _multiplexing = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<DatabaseName, Version> _versions = new();

    // A pooled connection's parameters are an object of the physical connection, and live as long as it.
    private readonly ConditionalWeakTable<IReadOnlyDictionary<string, string>, Answer> _asked = [];

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        if (connection is NpgsqlConnection opened && Transaction.Current is null && !IsMultiplexing(opened) && !IsKnown(opened))
        {
            AskAsync(opened, async: false, CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        => connection is NpgsqlConnection opened && Transaction.Current is null && !IsMultiplexing(opened) && !IsKnown(opened)
            ? AskAsync(opened, async: true, cancellationToken)
            : Task.CompletedTask;

    /// <summary>Asks an open connection that was not asked when it was opened.</summary>
    public ValueTask KnowAsync(NpgsqlConnection connection, bool async, CancellationToken cancellationToken)
        => connection.State is ConnectionState.Open && !IsKnown(connection) ? AskCarefullyAsync(connection, async, cancellationToken) : default;

    /// <summary>The version of the server behind a name, as the last physical connection to it said; null where there was none yet.</summary>
    public Version? VersionOf(NpgsqlConnection connection) => _versions.GetValueOrDefault(DatabaseName.Of(connection));

    /// <summary>Whether an open connection is to the history in which a database was seen last; null where one of both is not known.</summary>
    public bool? IsSame(DatabaseName database, NpgsqlConnection connection)
        => HistoryOf(connection) is { Length: > 0 } own && histories.HistoryOf(database) is { } other ? own == other : null;

    /// <summary>The server's process behind an open connection; null where a pooler stands between, or a connection has none of its own.</summary>
    public int? BackendOf(NpgsqlConnection connection)
        => connection.State is ConnectionState.Open && !IsMultiplexing(connection) && _asked.TryGetValue(connection.PostgresParameters, out var answer)
            && answer.Backend == connection.ProcessID
            ? answer.Backend
            : null;

    private bool IsKnown(NpgsqlConnection connection)
        => IsMultiplexing(connection) ? histories.HistoryOf(DatabaseName.Of(connection)) is not null : _asked.TryGetValue(connection.PostgresParameters, out _);

    private string? HistoryOf(NpgsqlConnection connection)
        => IsMultiplexing(connection) ? histories.HistoryOf(DatabaseName.Of(connection))
            : connection.State is ConnectionState.Open && _asked.TryGetValue(connection.PostgresParameters, out var answer) ? answer.History
            : null;

    private async ValueTask AskCarefullyAsync(NpgsqlConnection connection, bool async, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = new NpgsqlCommand(MayAsk, connection);
            if (async ? await command.ExecuteScalarAsync(cancellationToken) is true : command.ExecuteScalar() is true)
            {
                await AskAsync(connection, async, cancellationToken);
            }
            else
            {
                Remember(connection, Answer.None);
            }
        }
        catch (PostgresException)
        {
            // The transaction has failed already, and so will what is to be written in it.
        }
    }

    /// <summary>Asks an open connection, though it may have been asked before.</summary>
    public async Task AskAsync(NpgsqlConnection connection, bool async, CancellationToken cancellationToken)
    {
        var database = DatabaseName.Of(connection);
        _versions[database] = connection.PostgreSqlVersion;
        try
        {
            var before = histories.VersionOf(database);
            await using var command = new NpgsqlCommand(Sql, connection);
            await using var reader = async ? await command.ExecuteReaderAsync(cancellationToken) : command.ExecuteReader();
            var answer = Answer.None;
            if (async ? await reader.ReadAsync(cancellationToken) : reader.Read())
            {
                answer = new(reader.GetString(0), reader.GetInt32(2));
                histories.Observe(database, answer.History, Stamps.ReadVersion(reader, 1), before);
            }

            Remember(connection, answer);
        }
        catch (PostgresException e)
        {
            logger.UnknownHistory(database, e);
            Remember(connection, Answer.None);
        }
    }

    private void Remember(NpgsqlConnection connection, Answer answer)
    {
        if (!IsMultiplexing(connection))
        {
            _asked.AddOrUpdate(connection.PostgresParameters, answer);
        }
    }

    /// <summary>A connection then has no physical one of its own.</summary>
    private bool IsMultiplexing(NpgsqlConnection connection)
        => _multiplexing.GetOrAdd(connection.ConnectionString, text => new NpgsqlConnectionStringBuilder(text).Multiplexing);

    /// <param name="History">Empty where it is not said.</param>
    /// <param name="Backend">The server's process that answered.</param>
    private sealed record Answer(string History, int? Backend)
    {
        public static readonly Answer None = new("", null);
    }
}
