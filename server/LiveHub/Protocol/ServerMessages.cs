using System.Buffers;
using System.Text.Json;
using LiveHub.Model;

namespace LiveHub.Protocol;

/// <summary>Encodes the server's answers. Rows and diffs are composed by <see cref="FrameWriter"/>.</summary>
internal static class ServerMessages
{
    /// <summary>The version of docs/protocol.md that this server speaks.</summary>
    public const int ProtocolVersion = 1;

    public static ReadOnlyMemory<byte> Welcome(string epoch) => Encode("welcome", w =>
    {
        w.WriteNumber("protocol", ProtocolVersion);
        w.WriteString("epoch", epoch);
    });

    /// <param name="id">The client's number for it.</param>
    /// <param name="shape">The number that later messages use.</param>
    /// <param name="entity">Whose rows they are.</param>
    /// <param name="fingerprint">What the client presents when it resumes.</param>
    /// <param name="keys">JSON: pairs of keys as they were asked for and as rows show them; null where they are the same.</param>
    /// <param name="resumed">The rows that the client holds are kept: the next step brings what they lack.</param>
    public static ReadOnlyMemory<byte> Subscribed(long id, long shape, Entity entity, string fingerprint, byte[]? keys = null, bool resumed = false) => Encode("subscribed", w =>
    {
        w.WriteNumber("id", id);
        w.WriteNumber("shape", shape);
        w.WriteString("entity", entity.Name);
        w.WriteStartArray("key");
        foreach (var column in entity.Key)
        {
            w.WriteStringValue(column.EncodedName);
        }

        w.WriteEndArray();
        if (keys is not null)
        {
            w.WritePropertyName("keys");
            w.WriteRawValue(keys, skipInputValidation: true);
        }

        w.WriteString("fingerprint", fingerprint);
        if (resumed)
        {
            w.WriteBoolean("resumed", true);
        }
    });

    public static ReadOnlyMemory<byte> Error(string code, string message, long? id = null, int? retryMs = null) => Encode("error", w =>
    {
        w.WriteString("code", code);
        w.WriteString("message", message);
        if (id is { } subscription)
        {
            w.WriteNumber("id", subscription);
        }

        if (retryMs is { } delay)
        {
            w.WriteNumber("retryMs", delay);
        }
    });

    /// <summary>A step of which parts were written will not end: the client forgets it.</summary>
    public static ReadOnlyMemory<byte> Dropped(long step) => Encode("part", w =>
    {
        w.WriteNumber("step", step);
        w.WriteStartArray("ops");
        w.WriteEndArray();
        w.WriteBoolean("dropped", true);
    });

    public static ReadOnlyMemory<byte> Seen(string transaction) => Encode("seen", w => w.WriteString("transaction", transaction));

    /// <summary>What a request has committed cannot be waited for.</summary>
    public static ReadOnlyMemory<byte> NotSeen(string code, string message, string transaction) => Encode("error", w =>
    {
        w.WriteString("code", code);
        w.WriteString("message", message);
        w.WriteString("transaction", transaction);
    });

    public static ReadOnlyMemory<byte> GoingAway(int retryMs) => Encode("going-away", w => w.WriteNumber("retryMs", retryMs));

    private static ReadOnlyMemory<byte> Encode(string type, Action<Utf8JsonWriter> fields)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using var writer = new Utf8JsonWriter(buffer, WireJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("type", type);
        fields(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
