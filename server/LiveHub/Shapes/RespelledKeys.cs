using System.Buffers;
using System.Text;
using System.Text.Json;
using LiveHub.Model;

namespace LiveHub.Shapes;

/// <summary>
/// The keys that rows show otherwise than they were asked for: a Guid in capitals, a time with another offset. The client finds rows by the
/// text of their keys, and only the server knows which texts are equal.
/// </summary>
internal static class RespelledKeys
{
    /// <param name="entity">Whose keys they are.</param>
    /// <param name="keys">The keys of a subscription that was accepted.</param>
    /// <returns>JSON: a list of pairs, as asked and as shown; null where every key was written as rows show it.</returns>
    public static byte[]? Of(Entity entity, JsonElement keys)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, WireJson.WriterOptions);
        var respelled = new List<JsonElement>();
        foreach (var key in keys.EnumerateArray())
        {
            foreach (var column in entity.Key)
            {
                if (!IsShownSo(column, ValueOf(entity, key, column), writer, buffer))
                {
                    respelled.Add(key);
                    break;
                }
            }
        }

        return respelled.Count == 0 ? null : Write(entity, respelled, writer, buffer);
    }

    private static byte[] Write(Entity entity, List<JsonElement> keys, Utf8JsonWriter writer, ArrayBufferWriter<byte> buffer)
    {
        Clear(writer, buffer);
        writer.WriteStartArray();
        foreach (var key in keys)
        {
            writer.WriteStartArray();
            WriteKey(writer, entity, key, static (writer, _, asked) => asked.WriteTo(writer));
            WriteKey(writer, entity, key, WriteShown);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>As keys are written in messages: the value, or for a composite key a list.</summary>
    private static void WriteKey(Utf8JsonWriter writer, Entity entity, JsonElement key, Action<Utf8JsonWriter, Column, JsonElement> write)
    {
        if (entity.Key.Length > 1)
        {
            writer.WriteStartArray();
        }

        foreach (var column in entity.Key)
        {
            write(writer, column, ValueOf(entity, key, column));
        }

        if (entity.Key.Length > 1)
        {
            writer.WriteEndArray();
        }
    }

    private static JsonElement ValueOf(Entity entity, JsonElement key, Column column) => entity.Key.Length == 1 ? key : key.GetProperty(column.Name);

    private static void WriteShown(Utf8JsonWriter writer, Column column, JsonElement asked)
    {
        column.Codec.TryRead(asked, out var value);
        RowWriter.WriteValue(writer, column, value);
    }

    /// <summary>Whether it is the same text; a number and the string of its digits are one key to the client.</summary>
    private static bool IsShownSo(Column column, JsonElement asked, Utf8JsonWriter writer, ArrayBufferWriter<byte> buffer)
    {
        Clear(writer, buffer);
        WriteShown(writer, column, asked);
        writer.Flush();
        var shown = new Utf8JsonReader(buffer.WrittenSpan);
        shown.Read();
        var text = asked.ValueKind is JsonValueKind.String ? asked.GetString()! : asked.GetRawText();
        return shown.TokenType is JsonTokenType.String ? shown.ValueTextEquals(text) : Encoding.UTF8.GetString(shown.ValueSpan) == text;
    }

    private static void Clear(Utf8JsonWriter writer, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        writer.Reset(buffer);
    }
}
