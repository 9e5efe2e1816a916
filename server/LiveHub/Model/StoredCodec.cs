using System.Text.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace LiveHub.Model;

/// <summary>
/// A column whose values change on their way to the database. What is asked for is brought to what rows show of it: else the database finds rows whose changes
/// are then matched with another value, and do not arrive.
/// </summary>
internal sealed class StoredCodec : ValueCodec
{
    private readonly ValueCodec _codec;
    private readonly Func<object, object?> _store;

    /// <param name="codec">How the values look.</param>
    /// <param name="store">The value as it comes back from the database; null where the column cannot hold it.</param>
    private StoredCodec(ValueCodec codec, Func<object, object?> store)
    {
        _codec = codec;
        _store = store;
    }

    public override string Expected => _codec.Expected;

    public override bool CanFilter => _codec.CanFilter;

    /// <summary>The codec itself, where the column holds values as they are.</summary>
    /// <param name="codec">How the values look.</param>
    /// <param name="type">The property's type, without Nullable.</param>
    /// <param name="converter">The model's converter.</param>
    /// <param name="storeType">The column's type.</param>
    public static ValueCodec Of(ValueCodec codec, Type type, ValueConverter? converter, string? storeType)
        => converter is not null ? new StoredCodec(codec, value => Convert(converter, value))
        : type == typeof(double) && storeType == "real" ? new StoredCodec(codec, value => Single((double)value))
        : codec;

    public override object? ToRow(object value) => _codec.ToRow(value);

    public override void Write(Utf8JsonWriter writer, object value) => _codec.Write(writer, value);

    public override bool TryRead(JsonElement json, out object? value)
    {
        value = _codec.TryRead(json, out var read) && read is not null ? _store(read) : null;
        return value is not null;
    }

    /// <summary>There and back; null for what is stored as something else each time.</summary>
    private static object? Convert(ValueConverter converter, object value)
    {
        try
        {
            var stored = converter.ConvertToProvider(value);
            var shown = converter.ConvertFromProvider(stored);
            return shown is not null && Values.AreEqual(stored, converter.ConvertToProvider(shown)) ? shown : null;
        }
        catch (Exception)
        {
            // The converter is the application's code; whatever it throws, the column cannot hold this.
            return null;
        }
    }

    private static object? Single(double value)
    {
        var stored = (float)value;
        return float.IsFinite(stored) || !double.IsFinite(value) ? (double)stored : null;
    }
}
