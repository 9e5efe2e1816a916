using System.Globalization;
using System.Text.Json;

namespace LiveHub.Protocol;

/// <summary>Decodes what a client sent, once; after it nothing of the outside is taken on trust.</summary>
internal static class ClientMessageReader
{
    private static readonly string[] Reserved = ["include", "orderBy", "limit"];

    /// <exception cref="RefusedException">It is not a message of the protocol.</exception>
    public static ClientMessage Read(JsonElement json) => Guarded(() => ReadMessage(json));

    /// <summary>JSON can hold text that is not Unicode (half a surrogate pair), which is found only when it is read.</summary>
    public static T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException)
        {
            throw Bad("The message holds text that is not valid Unicode.");
        }
    }

    private static ClientMessage ReadMessage(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Bad("A message must be a JSON object.");
        }

        return Text(json, "type") switch
        {
            "hello" => ReadHello(json),
            "subscribe" => new ClientMessage.Subscribe([.. List(json, "subscriptions").Select(ReadSubscription)]),
            "unsubscribe" => new ClientMessage.Unsubscribe([.. List(json, "ids").Select(id => Integer(id, "ids"))]),
            "seen" => new ClientMessage.Seen(Text(json, "transaction")),
            var other => throw Bad($"There is no message of type '{Shorten(other)}'. The types are hello, subscribe, unsubscribe and seen."),
        };
    }

    private static ClientMessage.Hello ReadHello(JsonElement json)
    {
        var protocol = json.TryGetProperty("protocol", out var range) && range.ValueKind == JsonValueKind.Object
            ? range
            : throw Bad("A hello needs 'protocol': {\"min\":…,\"max\":…}.");
        return new(Version(protocol, "min"), Version(protocol, "max"), Optional(json, "position") is { } position ? ReadPosition(position) : null);
    }

    private static ClientPosition ReadPosition(JsonElement json)
        => json.ValueKind == JsonValueKind.Object
            && MaybeText(json, "epoch") is { } epoch
            && json.TryGetProperty("offset", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out var offset) && offset >= 0
            && ulong.TryParse(MaybeText(json, "tag"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var tag)
            ? new(epoch, new(offset, tag))
            : ClientPosition.MadeUp;

    private static int Version(JsonElement range, string name)
        => range.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var version)
            ? version
            : throw Bad($"protocol.{name} must be an integer.");

    private static SubscriptionRequest ReadSubscription(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Bad("Each of 'subscriptions' must be an object.");
        }

        var id = json.TryGetProperty("id", out var number) ? Integer(number, "id") : throw Bad("A subscription needs an 'id'.");
        if (id is < 1 or > int.MaxValue)
        {
            throw Bad("A subscription's 'id' must be from 1 to 2147483647.");
        }

        try
        {
            return new(id, Guarded(() => Text(json, "entity")), Optional(json, "keys"), Optional(json, "where"), Optional(json, "columns"),
                Reserved.FirstOrDefault(name => Optional(json, name) is not null),
                Guarded(() => MaybeText(json, "fingerprint")));
        }
        catch (RefusedException fault)
        {
            return new(id, "", Keys: null, Where: null, Columns: null, Reserved: null, Fingerprint: null, fault);
        }
    }

    private static JsonElement? Optional(JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string Text(JsonElement json, string name) => MaybeText(json, name) ?? throw Bad($"'{name}' must be a string.");

    private static string? MaybeText(JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IEnumerable<JsonElement> List(JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : throw Bad($"'{name}' must be a list.");

    private static long Integer(JsonElement json, string name)
        => json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out var value) ? value : throw Bad($"'{name}' must hold integers.");

    /// <summary>A piece of what the client sent, short enough to send back.</summary>
    public static string Shorten(string text)
        => text.Length <= 60 ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[59]) ? 59 : 60), "…");

    private static RefusedException Bad(string message) => new(ErrorCodes.BadMessage, message);
}
