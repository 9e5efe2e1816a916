using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace LiveHub.PostgreSql.Capture;

/// <summary>Finds the triggers that the model does not tell of.</summary>
internal static class TableTriggers
{
    /// <summary>Those that run after the statement has returned its rows (PostgreSQL, catalog pg_trigger; 2 is TRIGGER_TYPE_BEFORE).</summary>
    private const string Sql = """
        select t.name from unnest($1) t(name)
        where exists (select from pg_trigger g where g.tgrelid = to_regclass(t.name) and not g.tgisinternal and g.tgtype & 2 = 0)
        """;

    /// <summary>Marks the sources whose tables have any. The connection is open.</summary>
    public static async Task MarkAsync(DbContext context, ContextModel exposed, CancellationToken cancellationToken)
    {
        var sql = context.GetService<ISqlGenerationHelper>();
        var sources = RowSources.Of(exposed, context.Model, sql).All
            .SelectMany(s => s.Tables.Select(t => (Source: s, Name: sql.DelimitIdentifier(t.Name, t.Schema))))
            .ToLookup(p => p.Name, p => p.Source, StringComparer.Ordinal);
        await using var command = new NpgsqlCommand(Sql, (NpgsqlConnection)context.Database.GetDbConnection())
        {
            Parameters = { new() { Value = sources.Select(s => s.Key).ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            foreach (var source in sources[reader.GetString(0)])
            {
                source.HasTriggers = true;
            }
        }
    }
}
