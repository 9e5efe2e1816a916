using System.Collections.Immutable;
using LiveHub.Model;

namespace LiveHub.Routing;

/// <summary>Which shapes want which values of a set of columns.</summary>
internal sealed class EqualityTable(int[] ordinals)
{
    // Most values are wanted by one shape: it stands there itself, a list only from the second on.
    private readonly Dictionary<KeyValues, object> _shapes = [];

    public int[] Ordinals => ordinals;

    public void Add(LiveShape shape, ImmutableArray<KeyValues> values)
    {
        foreach (var value in values)
        {
            if (!_shapes.TryGetValue(value, out var known))
            {
                _shapes.Add(value, shape);
            }
            else if (known is List<LiveShape> several)
            {
                several.Add(shape);
            }
            else
            {
                _shapes[value] = new List<LiveShape> { (LiveShape)known, shape };
            }
        }
    }

    /// <returns>Whether nothing is left.</returns>
    public bool Remove(LiveShape shape, ImmutableArray<KeyValues> values)
    {
        foreach (var value in values)
        {
            if (!_shapes.TryGetValue(value, out var known))
            {
                continue;
            }

            if (known == shape || (known is List<LiveShape> several && several.Remove(shape) && several.Count == 0))
            {
                _shapes.Remove(value);
            }
        }

        return _shapes.Count == 0;
    }

    public void Find(KeyValues value, long search, List<LiveShape> found)
    {
        if (!_shapes.TryGetValue(value, out var known))
        {
            return;
        }

        if (known is LiveShape one)
        {
            Add(one, search, found);
            return;
        }

        foreach (var shape in (List<LiveShape>)known)
        {
            Add(shape, search, found);
        }
    }

    public void FindAll(long search, List<LiveShape> found)
    {
        foreach (var value in _shapes.Keys)
        {
            Find(value, search, found);
        }
    }

    private static void Add(LiveShape shape, long search, List<LiveShape> found)
    {
        if (shape.FoundFor != search)
        {
            shape.FoundFor = search;
            found.Add(shape);
        }
    }
}
