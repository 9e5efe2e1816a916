using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Transactions;
using LiveHub.Capture;
using LiveHub.Diagnostics;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LiveHub.PostgreSql.Capture;

/// <summary>Asks each new physical connection which history its database is in, before anything is written or read over it (rule 8).</summary>
internal sealed class HistoryInterceptor(DatabaseHistories histories, ILogger<HistoryInterceptor> logger) : DbConnectionInterceptor
{
    /// <summary>Cluster, timeline and database, and where its log stands.</summary>
    private const string Sql = """
        select s.system_identifier || '/' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) || '/' || d.oid, pg_current_wal_insert_lsn()
        from pg_control_system() s, pg_database d where d.datname = current_database() and not pg_is_in_recovery()
        """;

    private readonly ConcurrentDictionary<string, bool> _multiplexing = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<DatabaseName, Version> _versions = new();

    // A pooled connection's parameters are an object of the physical connection, and live as long as it.
    private readonly ConditionalWeakTable<IReadOnlyDictionary<string, string>, string> _asked = [];

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        if (IsNew(connection) is { } opened)
        {
            AskAsync(opened, async: false, CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        => IsNew(connection) is { } opened ? AskAsync(opened, async: true, cancellationToken) : Task.CompletedTask;

    /// <summary>The version of the server behind a name, as the last physical connection to it said; null where there was none yet.</summary>
    public Version? VersionOf(NpgsqlConnection connection) => _versions.GetValueOrDefault(DatabaseName.Of(connection));

    /// <summary>Whether an open connection is to the history in which a database was seen last; null where one of both is not known.</summary>
    public bool? IsSame(DatabaseName database, NpgsqlConnection connection)
        => connection.State is ConnectionState.Open && !IsMultiplexing(connection) && _asked.TryGetValue(connection.PostgresParameters, out var own) && own.Length > 0
            && histories.HistoryOf(database) is { } other
            ? own == other
            : null;

    private NpgsqlConnection? IsNew(DbConnection connection)
        => connection is NpgsqlConnection opened && Transaction.Current is null && !IsMultiplexing(opened) && !_asked.TryGetValue(opened.PostgresParameters, out _)
            ? opened
            : null;

    private async Task AskAsync(NpgsqlConnection connection, bool async, CancellationToken cancellationToken)
    {
        var database = DatabaseName.Of(connection);
        _versions[database] = connection.PostgreSqlVersion;
        try
        {
            var before = histories.VersionOf(database);
            await using var command = new NpgsqlCommand(Sql, connection);
            await using var reader = async ? await command.ExecuteReaderAsync(cancellationToken) : command.ExecuteReader();
            var history = "";
            if (async ? await reader.ReadAsync(cancellationToken) : reader.Read())
            {
                history = reader.GetString(0);
                histories.Observe(database, history, Stamps.ReadVersion(reader, 1), before);
            }

            _asked.AddOrUpdate(connection.PostgresParameters, history);
        }
        catch (PostgresException e)
        {
            logger.UnknownHistory(database, e);
            _asked.AddOrUpdate(connection.PostgresParameters, "");
        }
    }

    /// <summary>A connection then has no physical one of its own.</summary>
    private bool IsMultiplexing(NpgsqlConnection connection)
        => _multiplexing.GetOrAdd(connection.ConnectionString, text => new NpgsqlConnectionStringBuilder(text).Multiplexing);
}
