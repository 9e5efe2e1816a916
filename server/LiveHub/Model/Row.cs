namespace LiveHub.Model;

/// <summary>One row's values, in the order of <see cref="Entity.Columns"/>. Immutable once it is made.</summary>
internal sealed class Row(object?[] values)
{
    public object? this[int ordinal] => values[ordinal];

    /// <summary>The values of some columns, for a look-up without a copy.</summary>
    public KeyValues Select(int[] ordinals) => new(values, ordinals);
}
