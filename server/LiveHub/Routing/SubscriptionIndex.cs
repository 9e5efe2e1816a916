using LiveHub.Changes;
using LiveHub.Model;

namespace LiveHub.Routing;

/// <summary>
/// Finds the shapes that may see a change, in a time that does not grow with their number: equality on any columns is a
/// look-up in a hash table. One thread at a time.
/// </summary>
internal sealed class SubscriptionIndex
{
    private readonly Dictionary<Entity, EntityIndex> _entities = [];
    private long _searches;

    public void Add(IndexedShape shape)
    {
        if (!_entities.TryGetValue(shape.Shape.Entity, out var entity))
        {
            _entities.Add(shape.Shape.Entity, entity = new());
        }

        entity.Add(shape);
    }

    public void Remove(IndexedShape shape)
    {
        if (_entities.TryGetValue(shape.Shape.Entity, out var entity) && entity.Remove(shape))
        {
            _entities.Remove(shape.Shape.Entity);
        }
    }

    /// <summary>Adds every shape that matches the row before or after the change, once; and perhaps some that match neither.</summary>
    public void Find(Change change, List<IndexedShape> found)
    {
        if (_entities.TryGetValue(change.Entity, out var entity))
        {
            entity.Find(change, ++_searches, found);
        }
    }

    /// <summary>Adds every shape that may show rows that an invalidation concerns, once; and perhaps some that do not.</summary>
    public void Find(Invalidation invalidation, List<IndexedShape> found)
    {
        if (_entities.TryGetValue(invalidation.Entity, out var entity))
        {
            entity.Find(invalidation, ++_searches, found);
        }
    }
}
