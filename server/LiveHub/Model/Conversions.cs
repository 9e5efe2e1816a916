namespace LiveHub.Model;

/// <summary>Which conversions and comparisons mean the same in C# and in SQL.</summary>
internal static class Conversions
{
    /// <summary>Types that define their operators themselves, and whose order the database shares.</summary>
    public static bool IsOrdered(Type type)
        => type == typeof(decimal) || type == typeof(DateTime) || type == typeof(DateTimeOffset) || type == typeof(DateOnly)
        || type == typeof(TimeOnly) || type == typeof(TimeSpan);

    /// <summary>Types that define their operators themselves, and whose equality the database shares.</summary>
    public static bool IsValue(Type type) => IsOrdered(type) || type == typeof(string) || type == typeof(Guid);

    /// <summary>Whether a conversion loses nothing. Characters are ordered in as many ways as there are collations: only equality agrees.</summary>
    public static bool Agree(Type from, Type to, bool isEquality)
    {
        from = Nullable.GetUnderlyingType(from) ?? from;
        to = Nullable.GetUnderlyingType(to) ?? to;
        return from == to || (!to.IsEnum && (Type.GetTypeCode(from), Type.GetTypeCode(to)) switch
        {
            var (a, b) when a == b => from.IsEnum,
            (TypeCode.Char, TypeCode.Int32) => isEquality,
            (TypeCode.SByte, TypeCode.Int16 or TypeCode.Int32 or TypeCode.Int64 or TypeCode.Double or TypeCode.Decimal) => true,
            (TypeCode.Byte, >= TypeCode.Int16 and <= TypeCode.UInt64 or TypeCode.Double or TypeCode.Decimal) => true,
            (TypeCode.Int16, TypeCode.Int32 or TypeCode.Int64 or TypeCode.Double or TypeCode.Decimal) => true,
            (TypeCode.UInt16, >= TypeCode.Int32 and <= TypeCode.UInt64 or TypeCode.Double or TypeCode.Decimal) => true,
            (TypeCode.Int32, TypeCode.Int64 or TypeCode.Double or TypeCode.Decimal) => true,
            (TypeCode.UInt32, TypeCode.Int64 or TypeCode.UInt64 or TypeCode.Double or TypeCode.Decimal) => true,
            (TypeCode.Int64 or TypeCode.UInt64, TypeCode.Decimal) => true,
            (TypeCode.Single, TypeCode.Double) => true,
            _ => false,
        });
    }
}
