namespace LiveHub.Model;

/// <summary>
/// Some values of a row in a given order, compared by value: a key, or what an index looks up. It points into the row
/// that it was taken from, so a look-up allocates nothing.
/// </summary>
internal readonly struct KeyValues : IEquatable<KeyValues>
{
    private readonly object?[] _values;
    private readonly int[] _ordinals;

    public KeyValues(object?[] values, int[] ordinals)
    {
        _values = values;
        _ordinals = ordinals;
    }

    public KeyValues(object?[] values)
        : this(values, Identity(values.Length))
    {
    }

    public int Length => _ordinals.Length;

    public object? this[int index] => _values[_ordinals[index]];

    /// <summary>About what it takes in memory, with a place in a few hash tables.</summary>
    public long SizeBytes
    {
        get
        {
            long size = 150;
            for (var i = 0; i < Length; i++)
            {
                size += 16 + Values.SizeOf(this[i]);
            }

            return size;
        }
    }

    /// <summary>The same values in an array of their own, so that nothing else of the row is kept alive.</summary>
    public KeyValues Detach()
    {
        var values = new object?[Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = this[i];
        }

        return new(values);
    }

    public bool Equals(KeyValues other)
    {
        if (Length != other.Length)
        {
            return false;
        }

        for (var i = 0; i < Length; i++)
        {
            if (!Values.AreEqual(this[i], other[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => obj is KeyValues other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        for (var i = 0; i < Length; i++)
        {
            hash.Add(Values.Hash(this[i]));
        }

        return hash.ToHashCode();
    }

    public override string ToString()
    {
        var self = this;
        return string.Join(",", Enumerable.Range(0, Length).Select(i => self[i] ?? "null"));
    }

    private static readonly int[][] Identities = [.. Enumerable.Range(0, 9).Select(n => Enumerable.Range(0, n).ToArray())];

    private static int[] Identity(int length) => length < Identities.Length ? Identities[length] : [.. Enumerable.Range(0, length)];
}
