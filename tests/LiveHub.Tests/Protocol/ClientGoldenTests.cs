using System.Text.Json;
using LiveHub.Protocol;

namespace LiveHub.Tests.Protocol;

/// <summary>The golden client messages mean what docs/protocol.md says.</summary>
public sealed class ClientGoldenTests
{
    private static readonly Dictionary<string, string> Expected = new()
    {
        ["hello"] = "hello 1 to 1",
        ["hello, back again"] = "hello 1 to 1 at 5c8a1f0e9b7d4f63 901:9f3a5c0d11e2b476",
        ["subscribe by key"] = "1 Card keys [42]",
        ["subscribe by composite key"] = """2 CardLabel keys [{"cardId":1,"labelId":2}]""",
        ["subscribe by keys"] = "3 Card keys [3,1,2]",
        ["subscribe by filter and columns"] = """4 Card where {"listId":7,"memberId":{"in":[1,2]}} columns ["id","title"]""",
        ["subscribe to null"] = """5 Card where {"memberId":null}""",
        ["subscribe to all, several at once"] = "6 Card; 7 List",
        ["subscribe, going on"] = "1 Card keys [42] as b2f0c4",
        ["unsubscribe"] = "unsubscribe 1, 2",
        ["seen"] = "seen 019a9f0c3b7e7d21a4c05b1f2e3d4c5b",
    };

    [Fact]
    public void Every_golden_client_message_is_decoded_as_what_it_means()
        => Assert.Equal(Expected, Golden.Client.ToDictionary(m => m.Key, m => Describe(ClientMessageReader.Read(m.Value.Deserialize<JsonElement>()))));

    private static string Describe(ClientMessage message) => message switch
    {
        ClientMessage.Hello hello => $"hello {hello.MinProtocol} to {hello.MaxProtocol}{(hello.Position is { } at ? $" at {at.Epoch} {at.Position}" : "")}",
        ClientMessage.Subscribe subscribe => string.Join("; ", subscribe.Subscriptions.Select(Describe)),
        ClientMessage.Unsubscribe unsubscribe => $"unsubscribe {string.Join(", ", unsubscribe.Ids)}",
        ClientMessage.Seen seen => $"seen {seen.Transaction}",
        _ => throw new InvalidOperationException($"{message.GetType()} has no golden message."),
    };

    private static string Describe(SubscriptionRequest request)
        => $"{request.Id} {request.Entity}{Field("keys", request.Keys)}{Field("where", request.Where)}{Field("columns", request.Columns)}{request.Reserved}{(request.Fingerprint is { } known ? $" as {known}" : "")}";

    private static string Field(string name, JsonElement? value) => value is { } json ? $" {name} {JsonSerializer.Serialize(json)}" : "";
}
