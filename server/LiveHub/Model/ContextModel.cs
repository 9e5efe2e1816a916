using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Model;

/// <summary>The exposed entities of one DbContext type.</summary>
internal sealed class ContextModel(Type contextType, ImmutableArray<Entity> entities)
{
    private readonly FrozenDictionary<string, Entity> _byType = entities.ToFrozenDictionary(e => e.Type.Name, StringComparer.Ordinal);

    // Contexts of one type may have models of their own (other options), and those may come and go.
    private readonly ConditionalWeakTable<IEntityType, TrackedType> _tracked = [];
    private readonly ConditionalWeakTable<IModel, TableMap> _tables = [];

    public Type ContextType => contextType;

    public ImmutableArray<Entity> Entities => entities;

    /// <summary>The exposed entity that tracked instances of a type belong to, itself or the nearest exposed base type; null where there is none.</summary>
    public TrackedType? Find(IEntityType type)
    {
        var tracked = _tracked.GetValue(type, Map);
        return tracked.IsCaptured ? tracked : null;
    }

    /// <summary>Where the exposed entities' rows are in a context's model.</summary>
    public TableMap TablesOf(IModel model) => _tables.GetValue(model, m => new(this, m));

    private TrackedType Map(IEntityType type)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (_byType.TryGetValue(t.Name, out var entity) && entity.IsMappedLike(t))
            {
                return new(entity, type);
            }
        }

        return new(null, type);
    }
}

/// <summary>How instances of an EF entity type, in one model, become rows of an entity.</summary>
internal sealed class TrackedType(Entity? entity, IEntityType type)
{
    public bool IsCaptured => entity is not null;

    public Entity Entity => entity!;

    /// <summary>In the order of the entity's columns; null where this model has no such property, and for members.</summary>
    public IReadOnlyList<IProperty?> Properties { get; } = entity is null ? [] : [.. entity.Columns.Select(c => c.Member is null ? type.FindProperty(c.PropertyName) : null)];

    /// <summary>In the order of the entity's columns; null where this model has no such member, and for properties.</summary>
    public IReadOnlyList<Member?> Members { get; } = entity is null ? [] : [.. entity.Columns.Select(c => Find(type, c.PropertyName) ? c.Member : null)];

    private static bool Find(IEntityType type, string member) => type.FindNavigation(member) is not null || type.FindComplexProperty(member) is not null;
}
