using System.Collections.Immutable;
using LiveHub.Model;

namespace LiveHub.Shapes;

/// <summary>Which columns of an entity a shape shows; the key's are always among them. Row parts are shared by shapes of equal projection.</summary>
internal sealed class Projection : IEquatable<Projection>
{
    private readonly string _names;

    public Projection(Entity entity, IEnumerable<Column> columns)
    {
        Entity = entity;
        Columns = [.. columns.Concat(entity.Key).Distinct().OrderBy(c => c.Ordinal)];
        Set = ColumnSet.Of(entity.Columns.Length, Columns);
        _names = string.Join(',', Columns.Select(c => c.Name));
    }

    public Entity Entity { get; }

    /// <summary>In the order in which rows are written.</summary>
    public ImmutableArray<Column> Columns { get; }

    public ColumnSet Set { get; }

    public bool Equals(Projection? other) => other is not null && (ReferenceEquals(this, other) || (other.Entity == Entity && other._names == _names));

    public override bool Equals(object? obj) => Equals(obj as Projection);

    public override int GetHashCode() => HashCode.Combine(Entity, _names);

    public override string ToString() => $"{Entity}({_names})";
}
