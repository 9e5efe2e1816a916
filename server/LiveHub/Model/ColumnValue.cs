using System.Globalization;

namespace LiveHub.Model;

/// <summary>A value of the application as a row holds it.</summary>
internal static class ColumnValue
{
    /// <summary>The value in the column's own type; false where it is none of the column's values.</summary>
    public static bool TryConvert(Column column, object? value, out object? converted)
    {
        var type = Nullable.GetUnderlyingType(column.Property.ClrType) ?? column.Property.ClrType;
        converted = value is null || type.IsInstanceOfType(value) ? value : Number(type, value);
        return converted is not null || value is null;
    }

    /// <summary>Numbers, characters and enums are converted where nothing of them is lost.</summary>
    private static object? Number(Type type, object value)
    {
        try
        {
            if (!IsNumber(type) || !IsNumber(value.GetType()))
            {
                return null;
            }

            var number = Convert.ChangeType(value, Type.GetTypeCode(type), CultureInfo.InvariantCulture);
            var back = Convert.ChangeType(number, value.GetType(), CultureInfo.InvariantCulture);
            return !back.Equals(value) ? null : type.IsEnum ? Enum.ToObject(type, number) : number;
        }
        catch (Exception e) when (e is OverflowException or InvalidCastException)
        {
            return null;
        }
    }

    private static bool IsNumber(Type type) => Type.GetTypeCode(type) is >= TypeCode.Char and <= TypeCode.Decimal;
}
