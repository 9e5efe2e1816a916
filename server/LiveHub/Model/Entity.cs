using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Model;

/// <summary>An EF entity type that is exposed.</summary>
internal sealed class Entity
{
    private readonly FrozenDictionary<string, Column> _exposed;

    public Entity(string name, Type contextType, IReadOnlyEntityType type, ImmutableArray<Column> columns, RowFilter filter)
    {
        Name = name;
        ContextType = contextType;
        Type = type;
        Columns = columns;
        Filter = filter;
        Key = [.. type.FindPrimaryKey()!.Properties.Select(p => columns.First(c => c.PropertyName == p.Name))];
        KeyOrdinals = [.. Key.Select(c => c.Ordinal)];
        Exposed = [.. columns.Where(c => c.IsExposed)];
        _exposed = Exposed.ToFrozenDictionary(c => c.Name, StringComparer.Ordinal);
    }

    /// <summary>The name that clients use.</summary>
    public string Name { get; }

    public Type ContextType { get; }

    public IReadOnlyEntityType Type { get; }

    /// <summary>Every mapped property, exposed or not, and after them the members that are exposed; a row's values are in this order.</summary>
    public ImmutableArray<Column> Columns { get; }

    public ImmutableArray<Column> Exposed { get; }

    public ImmutableArray<Column> Key { get; }

    public int[] KeyOrdinals { get; }

    /// <summary>The model's query filters, evaluated on rows: a row that they hide does not exist for readers.</summary>
    public RowFilter Filter { get; }

    /// <summary>What is not shown although nothing hides it: owned types whose rows are rows of another table.</summary>
    public ImmutableArray<string> Apart { get; init; } = [];

    /// <summary>Whether a type of another model has its rows in the same table: models of one context may differ, by tenant for example.</summary>
    public bool IsMappedLike(IReadOnlyEntityType type) => type.GetTableName() == Type.GetTableName() && type.GetSchema() == Type.GetSchema();

    public Column? FindExposed(string name) => _exposed.GetValueOrDefault(name);

    public override string ToString() => Name;
}
