using LiveHub.Capture;
using LiveHub.Model;
using LiveHub.PostgreSql.Capture;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;
using Npgsql;

namespace LiveHub.PostgreSql;

/// <summary>What of a database would break a promise.</summary>
internal static class TableFaults
{
    /// <summary>The first with 64-bit transaction ids in SQL (release notes, E.26).</summary>
    private const int OldestMajor = 13;

    /// <summary>Checked at the end of the transaction instead of at once, a key lets an insert come before the delete that it replaces (rule 3).</summary>
    private const string DeferrableKeys = """
        select k.conrelid::regclass::text, k.conname from pg_constraint k
        where k.contype = 'p' and k.condeferrable and k.conrelid = any (select to_regclass(t) from unnest($1) t)
        order by 1
        """;

    public static async Task<DatabaseFaults> FindAsync(DbContext context, ContextModel exposed, CancellationToken cancellationToken)
    {
        var name = exposed.ContextType.Name;
        if (!context.Database.IsNpgsql())
        {
            return Fault($"{name}: UsePostgreSql is for contexts of UseNpgsql, and this one uses {context.Database.ProviderName}. Remove UsePostgreSql, or use Npgsql.");
        }

        if (ReplacedIn(context) is { } service)
        {
            return Fault($"{name}: the application replaces {service}, by which LiveHub reads what saves write. Remove that ReplaceService, or UsePostgreSql.");
        }

        await using var opened = await OpenedConnection.OpenAsync(context, cancellationToken);
        var connection = (NpgsqlConnection)context.Database.GetDbConnection();
        if (connection.PostgreSqlVersion.Major < OldestMajor)
        {
            return Fault($"{name}: PostgreSQL {connection.PostgreSqlVersion} is too old. LiveHub needs {OldestMajor} or later.");
        }

        var sql = context.GetService<ISqlGenerationHelper>();
        var tables = exposed.TablesOf(context.Model).Exposed.Select(t => sql.DelimitIdentifier(t.Name, t.Schema)).ToArray();
        await using var command = new NpgsqlCommand(DeferrableKeys, connection) { Parameters = { new() { Value = tables } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var faults = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            faults.Add($"{name}: the primary key {reader.GetString(1)} of table {reader.GetString(0)} is deferrable, so that the order of a row's changes cannot be told. " +
                "Make it not deferrable (drop and add the constraint; ALTER CONSTRAINT does foreign keys alone), or do not expose the entity.");
        }

        await reader.DisposeAsync();
        return new(faults, await TableTriggers.Of(exposed).AskAsync(context, exposed, cancellationToken));
    }

    private static string? ReplacedIn(DbContext context)
        => context.GetService<IModificationCommandBatchFactory>() is not CapturingBatchFactory ? nameof(IModificationCommandBatchFactory)
        : context.GetService<IRelationalTransactionFactory>() is not CapturingTransactionFactory ? nameof(IRelationalTransactionFactory)
        : null;

    private static DatabaseFaults Fault(string text) => new([text], IsComplete: true);
}
