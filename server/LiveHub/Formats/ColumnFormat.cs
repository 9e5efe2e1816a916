using LiveHub.Model;

namespace LiveHub.Formats;

/// <summary>A column's values as bytes.</summary>
internal sealed class ColumnFormat
{
    private readonly bool _takesNull;
    private readonly object? _null;

    public ColumnFormat(Column column, ValueFormat values)
    {
        Column = column;
        Values = values;
        var type = column.Member is null ? column.Property.ClrType : typeof(JsonText?);
        _takesNull = !column.IsKey && (!type.IsValueType || Nullable.GetUnderlyingType(type) is not null);
        if (!_takesNull && !column.IsKey && values.MayThrow)
        {
            // What a converter stores as null comes back as what .NET begins with, as it does from the database.
            var initial = Activator.CreateInstance(type)!;
            (_takesNull, _null) = IsNull(initial) ? (true, initial) : (false, null);
        }
    }

    public Column Column { get; }

    public ValueFormat Values { get; }

    /// <summary>The value that a row holds where nothing was written; false where the column cannot hold that.</summary>
    public bool TryReadNull(out object? value)
    {
        value = _null;
        return _takesNull;
    }

    private bool IsNull(object value)
    {
        try
        {
            return Values.IsNull(value);
        }
        catch (Exception)
        {
            // The converter is the application's code.
            return false;
        }
    }
}
