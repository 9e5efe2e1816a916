namespace LiveHub.Model;

/// <summary>One row's values, in the order of <see cref="Entity.Columns"/>. Its values stay what they are.</summary>
internal sealed class Row(object?[] values)
{
    public object? this[int ordinal] => values[ordinal];

    /// <summary>Takes the values of an earlier row that are equal in the database, which may have been assigned in another form: 1.5 for 1.50.</summary>
    public void TakeEqual(Row earlier)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Values.AreEqual(values[i], earlier[i]) ? earlier[i] : values[i];
        }
    }

    /// <summary>Takes the values of an earlier row in all columns that have not changed, so that a log of both holds them once.</summary>
    public void Share(Row earlier, ColumnSet changed)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!changed.Contains(i))
            {
                values[i] = earlier[i];
            }
        }
    }

    /// <summary>The values of some columns, for a look-up without a copy.</summary>
    public KeyValues Select(int[] ordinals) => new(values, ordinals);

    /// <summary>About what it takes in memory, in bytes, beside an earlier row with which it shares values.</summary>
    public long SizeBeside(Row? earlier)
    {
        long size = 40;
        for (var i = 0; i < values.Length; i++)
        {
            size += 8 + (earlier is not null && ReferenceEquals(values[i], earlier[i]) ? 0 : Values.SizeOf(values[i]));
        }

        return size;
    }
}
