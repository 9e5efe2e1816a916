using System.Collections.Immutable;
using LiveHub.Model;
using LiveHub.Shapes;

namespace LiveHub.Routing;

/// <summary>The part of a shape that is looked up: as many equalities as there are, and one list.</summary>
internal readonly record struct IndexedTerm(int[] Ordinals, ImmutableArray<KeyValues> Values)
{
    /// <summary>Enough to tell shapes apart, few enough that clients cannot make a table for every combination of columns.</summary>
    private const int MaxColumns = 3;

    /// <returns>Null where the shape is the whole entity.</returns>
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

        if (chosen.Count == 1)
        {
            return new(terms[0].Ordinals, terms[0].Values);
        }

        chosen.Sort((a, b) => a.Ordinals[0].CompareTo(b.Ordinals[0]));
        var list = chosen.Find(t => t.Values.Length != 1) ?? chosen[0];
        return new([.. chosen.SelectMany(t => t.Ordinals)], [.. list.Values.Select(value => Combine(chosen, list, value))]);
    }

    private static KeyValues Combine(List<Term> terms, Term list, KeyValues value)
        => new([.. terms.SelectMany(t => Items(t == list ? value : t.Values[0]))]);

    private static IEnumerable<object?> Items(KeyValues values) => Enumerable.Range(0, values.Length).Select(i => values[i]);
}
