using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LiveHub.Model;

/// <summary>Which exposed entities have rows in which tables of one EF model.</summary>
internal sealed class TableMap
{
    private readonly FrozenDictionary<ITable, ImmutableArray<Entity>> _entities;
    private readonly ImmutableArray<ITable> _tables;

    public TableMap(ContextModel exposed, IModel model)
    {
        All = exposed.Entities;
        _tables = [.. model.GetRelationalModel().Tables];
        _entities = exposed.Entities
            .Where(e => model.FindEntityType(e.Type.Name) is { } type && e.IsMappedLike(type))
            .SelectMany(e => TablesOf(model.FindEntityType(e.Type.Name)!).Select(t => (Table: t, Entity: e)))
            .GroupBy(p => p.Table)
            .ToFrozenDictionary(g => g.Key, g => g.Select(p => p.Entity).ToImmutableArray());
    }

    public ImmutableArray<Entity> All { get; }

    /// <summary>The tables that hold rows of exposed entities.</summary>
    public IEnumerable<ITable> Exposed => _entities.Keys;

    public ITable? Find(string name, string? schema)
        => _tables.FirstOrDefault(t => t.Name == name && t.Schema == schema) ?? (schema is null ? _tables.SingleOrDefault(t => t.Name == name) : null);

    public ImmutableArray<Entity> EntitiesOf(ITable table) => _entities.GetValueOrDefault(table, []);

    /// <summary>The entities whose rows the database changes by itself when rows of a table are deleted.</summary>
    public IEnumerable<Entity> ReachedByDelete(ITable table)
    {
        var reached = new HashSet<ITable>();
        var cascading = new Queue<ITable>([table]);
        while (cascading.TryDequeue(out var deleted))
        {
            foreach (var key in deleted.ReferencingForeignKeyConstraints)
            {
                if (key.OnDeleteAction is ReferentialAction.Cascade or ReferentialAction.SetNull or ReferentialAction.SetDefault
                    && reached.Add((ITable)key.Table) && key.OnDeleteAction is ReferentialAction.Cascade)
                {
                    cascading.Enqueue((ITable)key.Table);
                }
            }
        }

        return reached.SelectMany(t => EntitiesOf(t)).Distinct();
    }

    /// <summary>The tables of a type and of all that are derived from it.</summary>
    private static IEnumerable<ITable> TablesOf(IEntityType type)
        => type.GetDerivedTypesInclusive().SelectMany(t => t.GetTableMappings()).Select(m => m.Table).Distinct();
}
