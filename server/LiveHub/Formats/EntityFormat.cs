using System.Collections.Frozen;
using LiveHub.Model;

namespace LiveHub.Formats;

/// <summary>An entity's rows as bytes, as this process's model has them.</summary>
internal sealed class EntityFormat
{
    private readonly FrozenDictionary<string, ColumnFormat> _byName;

    public EntityFormat(Entity entity)
    {
        Entity = entity;
        _byName = entity.Columns.Select(c => ValueFormats.Find(c) is { } values ? new ColumnFormat(c, values) : null).OfType<ColumnFormat>()
            .ToFrozenDictionary(c => c.Column.PropertyName, StringComparer.Ordinal);
        Captured = [.. entity.Columns.Where(c => c.IsCaptured).Select(Find).OfType<ColumnFormat>()];
        Rows = new RowFormat(this, Captured);
    }

    public Entity Entity { get; }

    /// <summary>What its rows hold, without what has no form.</summary>
    public IReadOnlyList<ColumnFormat> Captured { get; }

    /// <summary>Its rows as they are written.</summary>
    public RowFormat Rows { get; }

    public ColumnFormat? Find(string property) => _byName.GetValueOrDefault(property);

    public ColumnFormat? Find(Column column) => Find(column.PropertyName);
}
