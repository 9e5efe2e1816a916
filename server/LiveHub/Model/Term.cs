using System.Collections.Frozen;
using System.Collections.Immutable;

namespace LiveHub.Model;

/// <summary>Some columns are equal to one of some lists of values: an equality, an <c>in</c>, or a list of keys.</summary>
internal sealed class Term
{
    /// <summary>Up to here a look through the list is as quick as hashing.</summary>
    private const int FewValues = 8;

    private readonly FrozenSet<KeyValues>? _set;

    public Term(ImmutableArray<Column> columns, IEnumerable<KeyValues> values)
    {
        Columns = columns;
        Ordinals = [.. columns.Select(c => c.Ordinal)];
        Values = [.. values.Distinct()];
        _set = Values.Length > FewValues ? Values.ToFrozenSet() : null;
    }

    public ImmutableArray<Column> Columns { get; }

    public int[] Ordinals { get; }

    /// <summary>Distinct, in the order asked for.</summary>
    public ImmutableArray<KeyValues> Values { get; }

    /// <summary>About what the values take in memory, here and in the index.</summary>
    public long SizeBytes => Values.Sum(v => v.SizeBytes);

    public bool Holds(Row row) => Contains(row.Select(Ordinals));

    /// <summary>Whether no row can hold both: they are on the same columns and have no value in common.</summary>
    public bool Excludes(Term other)
    {
        if (!Ordinals.AsSpan().SequenceEqual(other.Ordinals))
        {
            return false;
        }

        var (few, many) = Values.Length < other.Values.Length ? (this, other) : (other, this);
        foreach (var value in few.Values)
        {
            if (many.Contains(value))
            {
                return false;
            }
        }

        return true;
    }

    private bool Contains(KeyValues values)
    {
        if (_set is not null)
        {
            return _set.Contains(values);
        }

        foreach (var value in Values)
        {
            if (value.Equals(values))
            {
                return true;
            }
        }

        return false;
    }
}
