namespace LiveHub.Model;

/// <summary>Equality of column values as the database means it: arrays by content, everything else by value.</summary>
internal static class Values
{
    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (null, _) or (_, null) => false,
        (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
        (Array a, Array b) => a.Length == b.Length && a.Cast<object?>().SequenceEqual(b.Cast<object?>(), Comparer),
        _ => left.Equals(right),
    };

    /// <summary>Whether a reader sees no difference: equal, and of decimals and floating-point numbers also the zeros and signs that are written.</summary>
    public static bool AreIdentical(object? left, object? right) => (left, right) switch
    {
        (decimal a, decimal b) => a == b && a.Scale == b.Scale,
        (double a, double b) => BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b),
        (float a, float b) => BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b),
        (byte[], byte[]) => AreEqual(left, right),
        (Array a, Array b) => a.Length == b.Length && a.Cast<object?>().SequenceEqual(b.Cast<object?>(), Identity),
        _ => AreEqual(left, right),
    };

    public static int Hash(object? value)
    {
        switch (value)
        {
            case null:
                return 0;
            case byte[] bytes:
                var hash = default(HashCode);
                hash.AddBytes(bytes);
                return hash.ToHashCode();
            case Array array:
                return array.Length;
            default:
                return value.GetHashCode();
        }
    }

    /// <summary>About what a value takes in memory, in bytes.</summary>
    public static long SizeOf(object? value) => value switch
    {
        null => 0,
        string text => 24 + (2L * text.Length),
        byte[] bytes => 24 + bytes.Length,
        JsonText json => 48 + (2L * json.Value.Length),
        Array list => 24 + (32L * list.Length),
        _ => 24,
    };

    private static readonly IEqualityComparer<object?> Identity = EqualityComparer<object?>.Create(AreIdentical, Hash);

    private static readonly IEqualityComparer<object?> Comparer = EqualityComparer<object?>.Create(AreEqual, Hash);
}
