using System.Text.Json;

namespace LiveHub.Model;

/// <summary>JSON, on the wire as it is stored: a column of JSON, or a member.</summary>
/// <param name="textOf">How the model's value becomes text; null where that is no JSON.</param>
internal sealed class JsonCodec(Func<object, string?> textOf) : ValueCodec
{
    public static readonly JsonCodec OfMember = new(_ => throw new InvalidOperationException("A member's text is made by the member."));

    public override string Expected => "JSON";

    public override bool CanFilter => false;

    /// <summary>The text of a column of JSON as the model maps it; null for a type that is not known to be JSON.</summary>
    public static JsonCodec? Find(Type type)
        => type == typeof(string) ? new(value => (string)value)
        : type == typeof(JsonDocument) ? new(value => Text(((JsonDocument)value).RootElement))
        : type == typeof(JsonElement) ? new(value => Text((JsonElement)value))
        : null;

    public override object? ToRow(object value) => textOf(value) is { } text ? new JsonText(text) : null;

    public override void Write(Utf8JsonWriter writer, object value)
    {
        var text = value is JsonText json ? json.Value : textOf(value);
        if (text is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteRawValue(text, skipInputValidation: true);
        }
    }

    public override bool TryRead(JsonElement json, out object? value)
    {
        value = null;
        return false;
    }

    private static string? Text(JsonElement json) => json.ValueKind is JsonValueKind.Undefined ? null : json.GetRawText();
}
