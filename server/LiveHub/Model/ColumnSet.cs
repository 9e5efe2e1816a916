namespace LiveHub.Model;

/// <summary>A set of columns of one entity, by ordinal.</summary>
internal readonly struct ColumnSet
{
    private readonly ulong[] _words;

    private ColumnSet(ulong[] words) => _words = words;

    public static ColumnSet Of(int columnCount, IEnumerable<Column> columns)
    {
        var words = new ulong[(columnCount + 63) / 64];
        foreach (var column in columns)
        {
            words[column.Ordinal / 64] |= 1UL << (column.Ordinal % 64);
        }

        return new(words);
    }

    /// <summary>The columns in which two rows of one entity differ.</summary>
    public static ColumnSet Difference(int columnCount, Row before, Row after)
    {
        var words = new ulong[(columnCount + 63) / 64];
        for (var i = 0; i < columnCount; i++)
        {
            if (!Values.AreIdentical(before[i], after[i]))
            {
                words[i / 64] |= 1UL << (i % 64);
            }
        }

        return new(words);
    }

    /// <summary>The columns of both; a set that was never made has none.</summary>
    public ColumnSet Union(ColumnSet other)
    {
        if (_words is null || other._words is null)
        {
            return _words is null ? other : this;
        }

        var words = new ulong[_words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = _words[i] | other._words[i];
        }

        return new(words);
    }

    public bool IsEmpty => !_words.AsSpan().ContainsAnyExcept(0UL);

    public bool Contains(int ordinal) => (_words[ordinal / 64] & (1UL << (ordinal % 64))) != 0;

    public bool Overlaps(ColumnSet other)
    {
        for (var i = 0; i < _words.Length; i++)
        {
            if ((_words[i] & other._words[i]) != 0)
            {
                return true;
            }
        }

        return false;
    }
}
