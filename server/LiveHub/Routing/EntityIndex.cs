using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Shapes;

namespace LiveHub.Routing;

/// <summary>The shapes of one entity: a table for each set of columns that they compare, and a list of those that compare none.</summary>
internal sealed class EntityIndex
{
    private readonly List<EqualityTable> _tables = [];
    private readonly List<LiveShape> _whole = [];

    public void Add(LiveShape shape)
    {
        if (IndexedTerm.Of(shape.Shape) is not { } term)
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
    public bool Remove(LiveShape shape)
    {
        if (IndexedTerm.Of(shape.Shape) is not { } term)
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

    public void Find(Change change, long search, List<LiveShape> found)
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

    public void Find(Invalidation invalidation, long search, List<LiveShape> found)
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

/// <summary>The part of a shape that is looked up: as many equalities as there are, and one list.</summary>
internal readonly record struct IndexedTerm(int[] Ordinals, IReadOnlyList<KeyValues> Values)
{
    /// <summary>Enough to tell shapes apart, few enough that clients cannot make a table for every combination of columns.</summary>
    private const int MaxColumns = 3;

    public static IndexedTerm? Of(Shape shape)
    {
        // A column that no key or relation uses tells rows apart less well.
        var terms = shape.Terms.OrderBy(t => t.Values.Length > 1).ThenBy(t => t.Columns[0].IsKey ? 0 : t.Columns[0].Property.IsForeignKey() ? 1 : 2)
            .ThenBy(t => t.Values.Length).ToList();
        if (terms.Count == 0)
        {
            return null;
        }

        var chosen = new List<Term> { terms[0] };
        var columns = terms[0].Ordinals.Length;
        foreach (var term in terms.Skip(1))
        {
            if (columns + term.Ordinals.Length <= MaxColumns && (term.Values.Length == 1 || chosen.TrueForAll(t => t.Values.Length == 1)))
            {
                chosen.Add(term);
                columns += term.Ordinals.Length;
            }
        }

        chosen.Sort((a, b) => a.Ordinals[0].CompareTo(b.Ordinals[0]));
        var list = chosen.Find(t => t.Values.Length != 1) ?? chosen[0];
        return new([.. chosen.SelectMany(t => t.Ordinals)], [.. list.Values.Select(value => Combine(chosen, list, value))]);
    }

    private static KeyValues Combine(List<Term> terms, Term list, KeyValues value)
        => new([.. terms.SelectMany(t => Items(t == list ? value : t.Values[0]))]);

    private static IEnumerable<object?> Items(KeyValues values) => Enumerable.Range(0, values.Length).Select(i => values[i]);
}
