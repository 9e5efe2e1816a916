using System.Globalization;
using System.Text.Json;

namespace LiveHub.Model;

/// <summary>An enum that the model leaves alone: by name, or where a value has no name by its number, as that looks.</summary>
internal sealed class EnumCodec(Type type) : ValueCodec
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    private readonly Type _underlying = Enum.GetUnderlyingType(type);
    private readonly bool _isWide = Type.GetTypeCode(type) is TypeCode.Int64 or TypeCode.UInt64;

    public override string Expected
        => $"one of {string.Join(", ", Enum.GetNames(type))}{(type.IsDefined(typeof(FlagsAttribute), inherit: false) ? ", or several with a comma and a blank between them" : "")}";

    public override void Write(Utf8JsonWriter writer, object value)
    {
        var text = value.ToString()!;
        if (IsName(text))
        {
            writer.WriteStringValue(text);
        }
        else if (_isWide)
        {
            writer.WriteStringValue(((IFormattable)Convert.ChangeType(value, _underlying, Culture)).ToString(null, Culture));
        }
        else
        {
            writer.WriteNumberValue(Convert.ToInt64(value, Culture));
        }
    }

    public override bool TryRead(JsonElement json, out object? value)
    {
        value = json.ValueKind switch
        {
            JsonValueKind.String => OfText(json.GetString()!),
            JsonValueKind.Number when json.TryGetInt64(out var number) => OfNumber(number),
            JsonValueKind.Number when json.TryGetUInt64(out var number) => OfNumber(number),
            _ => null,
        };
        return value is not null;
    }

    private object? OfText(string text)
        => IsName(text) ? OfName(text)
        : !_isWide ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, Culture, out var number) ? OfNumber(number)
        : ulong.TryParse(text, NumberStyles.None, Culture, out var large) ? OfNumber(large)
        : null;

    /// <summary>Names as they are written: Enum.Parse takes numbers, blanks and lists of names as well.</summary>
    private object? OfName(string text)
        => Enum.TryParse(type, text, out var value) && (Enum.IsDefined(type, text) || value.ToString() == text) ? value : null;

    private object? OfNumber(object number)
    {
        try
        {
            return Enum.ToObject(type, Convert.ChangeType(number, _underlying, Culture));
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private static bool IsName(string text) => text.Length > 0 && (char.IsLetter(text[0]) || text[0] == '_');
}
