using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;

namespace LiveHub.PostgreSql.Capture;

/// <summary>The sources of all exposed rows of one EF model, by table.</summary>
internal sealed class RowSources
{
    private static readonly ConditionalWeakTable<ContextModel, ConditionalWeakTable<IModel, RowSources>> Known = [];

    private readonly FrozenDictionary<(string Table, string? Schema), RowSource[]> _byTable;

    private readonly FrozenDictionary<(string Table, string? Schema), Cascade[]> _cascades;

    private RowSources(ContextModel exposed, IModel model, ISqlGenerationHelper sql)
    {
        _byTable = exposed.Entities
            .SelectMany(e => Of(e, model, TableTriggers.Of(exposed), sql))
            .SelectMany(s => s.Tables.Select(t => (Table: t, Source: s)))
            .GroupBy(p => (p.Table.Name, p.Table.Schema))
            .ToFrozenDictionary(g => g.Key, g => g.Select(p => p.Source).ToArray());
        _cascades = model.GetRelationalModel().Tables
            .Select(t => (Table: t, Cascades: Cascade.Of(t, exposed.TablesOf(model), c => _byTable.GetValueOrDefault((c.Name, c.Schema), []), sql).ToArray()))
            .Where(p => p.Cascades.Length > 0)
            .ToFrozenDictionary(p => (p.Table.Name, p.Table.Schema), p => p.Cascades);
    }

    public static RowSources Of(ContextModel exposed, IModel model, ISqlGenerationHelper sql)
        => Known.GetOrCreateValue(exposed).GetValue(model, m => new(exposed, m, sql));

    /// <summary>Whose rows a command writes.</summary>
    public RowSource[] Find(IReadOnlyModificationCommand command)
        => _byTable.TryGetValue((command.TableName, command.Schema), out var sources)
            ? Array.TrueForAll(sources, s => s.Concerns(command)) ? sources : Array.FindAll(sources, s => s.Concerns(command))
            : [];

    /// <summary>What the database does by itself when a command deletes.</summary>
    public Cascade[] CascadesOf(IReadOnlyModificationCommand command)
        => command.EntityState is EntityState.Deleted ? _cascades.GetValueOrDefault((command.TableName, command.Schema), []) : [];

    private static IEnumerable<RowSource> Of(Entity entity, IModel model, TableTriggers triggers, ISqlGenerationHelper sql)
    {
        if (model.FindEntityType(entity.Type.Name) is not { } type || !entity.IsMappedLike(type))
        {
            return [];
        }

        // With a table for each concrete type, every one of them holds whole rows.
        return type.GetMappingStrategy() == RelationalAnnotationNames.TpcMappingStrategy
            ? type.GetConcreteDerivedTypesInclusive().Select(t => new RowSource(entity, t, [.. t.GetTableMappings()], triggers, sql))
            : [new(entity, type, [.. type.GetTableMappings()], triggers, sql)];
    }
}
