using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace LiveHub.PostgreSql.Capture;

/// <summary>Which tables have no triggers that run after a statement has returned its rows. Before the database was asked, all of them may have some.</summary>
internal sealed class TableTriggers
{
    /// <summary>Of the tables that exist, whether they are without (PostgreSQL, catalog pg_trigger; 2 is TRIGGER_TYPE_BEFORE).</summary>
    private const string Sql = """
        select t.place, not exists (
          select from pg_trigger g where not g.tgisinternal and g.tgtype & 2 = 0
          and g.tgrelid in (select to_regclass(t.name) union all select relid from pg_partition_tree(to_regclass(t.name))))
        from unnest($1) with ordinality t(name, place) where to_regclass(t.name) is not null
        """;

    private static readonly ConditionalWeakTable<ContextModel, TableTriggers> Known = [];

    private readonly ConcurrentDictionary<(string Name, string? Schema), bool> _none = new();

    public static TableTriggers Of(ContextModel exposed) => Known.GetOrCreateValue(exposed);

    public bool AreNone(ITable table) => _none.ContainsKey((table.Name, table.Schema));

    /// <summary>Asks for the exposed tables. The connection is open.</summary>
    /// <returns>Whether all of them exist.</returns>
    public async Task<bool> AskAsync(DbContext context, ContextModel exposed, CancellationToken cancellationToken)
    {
        var sql = context.GetService<ISqlGenerationHelper>();
        var tables = exposed.TablesOf(context.Model).Exposed.ToList();
        await using var command = new NpgsqlCommand(Sql, (NpgsqlConnection)context.Database.GetDbConnection())
        {
            Parameters = { new() { Value = tables.ConvertAll(t => sql.DelimitIdentifier(t.Name, t.Schema)).ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        _none.Clear();
        var existing = 0;
        for (; await reader.ReadAsync(cancellationToken); existing++)
        {
            if (reader.GetBoolean(1))
            {
                var table = tables[(int)reader.GetInt64(0) - 1];
                _none[(table.Name, table.Schema)] = true;
            }
        }

        return existing == tables.Count;
    }
}
