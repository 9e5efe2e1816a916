using System.Collections.Immutable;
using LiveHub.Model;

namespace LiveHub.Routing;

/// <summary>Which shapes want which values of a set of columns.</summary>
internal sealed class EqualityTable(int[] ordinals)
{
    // Most values are wanted by one shape: it stands there itself, a list only from the second on.
    private readonly Dictionary<KeyValues, object> _shapes = [];

    public int[] Ordinals => ordinals;

    public void Add(IndexedShape shape, ImmutableArray<KeyValues> values)
    {
        foreach (var value in values)
        {
            if (!_shapes.TryGetValue(value, out var known))
            {
                _shapes.Add(value, shape);
            }
            else if (known is List<IndexedShape> several)
            {
                several.Add(shape);
            }
            else
            {
                _shapes[value] = new List<IndexedShape> { (IndexedShape)known, shape };
            }
        }
    }

    /// <returns>Whether nothing is left.</returns>
    public bool Remove(IndexedShape shape, ImmutableArray<KeyValues> values)
    {
        foreach (var value in values)
        {
            if (!_shapes.TryGetValue(value, out var known))
            {
                continue;
            }

            if (known == shape || (known is List<IndexedShape> several && several.Remove(shape) && several.Count == 0))
            {
                _shapes.Remove(value);
            }
        }

        return _shapes.Count == 0;
    }

    public void Find(KeyValues value, long search, List<IndexedShape> found)
    {
        if (!_shapes.TryGetValue(value, out var known))
        {
            return;
        }

        if (known is IndexedShape one)
        {
            Add(one, search, found);
            return;
        }

        foreach (var shape in (List<IndexedShape>)known)
        {
            Add(shape, search, found);
        }
    }

    public void FindAll(long search, List<IndexedShape> found)
    {
        foreach (var value in _shapes.Keys)
        {
            Find(value, search, found);
        }
    }

    private static void Add(IndexedShape shape, long search, List<IndexedShape> found)
    {
        if (shape.FoundFor != search)
        {
            shape.FoundFor = search;
            found.Add(shape);
        }
    }
}
