using System.Globalization;
using System.Text.Json;

namespace LiveHub.Model;

/// <summary>An enum that the model leaves alone: by name, or by number where a value has no name.</summary>
internal sealed class EnumCodec(Type type) : ValueCodec
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    private readonly Type _underlying = Enum.GetUnderlyingType(type);

    public override string Expected => $"one of {string.Join(", ", Enum.GetNames(type))}";

    public override void Write(Utf8JsonWriter writer, object value)
    {
        var text = value.ToString()!;
        if (IsName(text))
        {
            writer.WriteStringValue(text);
        }
        else if (_underlying == typeof(ulong))
        {
            writer.WriteNumberValue(Convert.ToUInt64(value, Culture));
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
            JsonValueKind.String => OfName(json.GetString()!),
            JsonValueKind.Number when json.TryGetInt64(out var number) => OfNumber(number),
            JsonValueKind.Number when json.TryGetUInt64(out var number) => OfNumber(number),
            _ => null,
        };
        return value is not null;
    }

    /// <summary>Names as they are written: Enum.Parse takes numbers, blanks and lists of names as well.</summary>
    private object? OfName(string text)
        => IsName(text) && Enum.TryParse(type, text, out var value) && (Enum.IsDefined(type, text) || value.ToString() == text) ? value : null;

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
