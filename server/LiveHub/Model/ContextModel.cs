using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Model;

/// <summary>The exposed entities of one DbContext type.</summary>
internal sealed class ContextModel
{
    private readonly FrozenDictionary<IReadOnlyEntityType, Entity> _byType;
    private readonly ConcurrentDictionary<IReadOnlyEntityType, Entity?> _captured = new();

    public ContextModel(Type contextType, ImmutableArray<Entity> entities)
    {
        ContextType = contextType;
        Entities = entities;
        _byType = entities.ToFrozenDictionary(e => e.Type);
    }

    public Type ContextType { get; }

    public ImmutableArray<Entity> Entities { get; }

    /// <summary>The exposed entity that rows of an EF entity type belong to: itself or the nearest exposed base type.</summary>
    public Entity? Find(IReadOnlyEntityType type) => _captured.GetOrAdd(type, Search);

    private Entity? Search(IReadOnlyEntityType type)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (_byType.TryGetValue(t, out var entity))
            {
                return entity;
            }
        }

        return null;
    }
}
