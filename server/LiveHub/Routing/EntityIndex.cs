using LiveHub.Changes;

namespace LiveHub.Routing;

/// <summary>The shapes of one entity: a table for each set of columns that they compare, and a list of those that compare none.</summary>
internal sealed class EntityIndex
{
    private readonly List<EqualityTable> _tables = [];
    private readonly List<IndexedShape> _whole = [];

    public void Add(IndexedShape shape)
    {
        if (shape.Indexed is not { } term)
        {
            _whole.Add(shape);
            return;
        }

        var table = _tables.Find(t => t.Ordinals.AsSpan().SequenceEqual(term.Ordinals));
        if (table is null)
        {
            _tables.Add(table = new(term.Ordinals));
        }

        table.Add(shape, term.Values);
    }

    /// <returns>Whether nothing is left.</returns>
    public bool Remove(IndexedShape shape)
    {
        if (shape.Indexed is not { } term)
        {
            _whole.Remove(shape);
        }
        else if (_tables.FindIndex(t => t.Ordinals.AsSpan().SequenceEqual(term.Ordinals)) is >= 0 and var place
            && _tables[place].Remove(shape, term.Values))
        {
            _tables.RemoveAt(place);
        }

        return _whole.Count == 0 && _tables.Count == 0;
    }

    public void Find(Change change, long search, List<IndexedShape> found)
    {
        found.AddRange(_whole);
        foreach (var table in _tables)
        {
            var before = change.Before?.Select(table.Ordinals);
            var after = change.After?.Select(table.Ordinals);
            if (before is { } left)
            {
                table.Find(left, search, found);
            }

            if (after is { } entered && !(before is { } same && same.Equals(entered)))
            {
                table.Find(entered, search, found);
            }
        }
    }

    public void Find(Invalidation invalidation, long search, List<IndexedShape> found)
    {
        found.AddRange(_whole);
        foreach (var table in _tables)
        {
            if (invalidation.Terms.FirstOrDefault(t => t.Ordinals.AsSpan().SequenceEqual(table.Ordinals)) is not { } term)
            {
                table.FindAll(search, found);
                continue;
            }

            foreach (var value in term.Values)
            {
                table.Find(value, search, found);
            }
        }
    }
}
