using System.Text.Json;

namespace BenchClient;

/// <summary>How one side is connected to, and how its rows are read.</summary>
/// <param name="Path">The hub's.</param>
/// <param name="Ask">What a connection says once it is there; where it was there before, with what it goes on from.</param>
/// <param name="Ready">In the stream when the server has done what was asked.</param>
/// <param name="Rows">The rows of one message.</param>
internal sealed record Side(string Path, Func<Standing?, string[]> Ask, byte[] Ready, Func<JsonElement, IEnumerable<ReceivedRow>> Rows)
{
    /// <summary>How many lists the crowds `lists` and `groups` watch, each connection one in turn; the first of them.</summary>
    public const int Lists = 20;
    private const int FirstList = 2_001;

    /// <summary>What the kernel may keep for a connection that does not read: so much, not as much as it has grown to.</summary>
    public int? ReceiveBufferBytes { get; init; }

    /// <param name="name">What its crowd is told to be.</param>
    /// <param name="n">Which of its crowd's connections it is.</param>
    public static Side Of(string name, int n) => name switch
    {
        "live" => Live(1),
        "live10" => Live([.. Enumerable.Range(1, 10)]),
        "slow" => Live(1) with { ReceiveBufferBytes = 64 * 1024 },
        "lists" => Live(FirstList + (n % Lists)),
        "plain" => Plain(1),
        "groups" => Plain(FirstList + (n % Lists)),
        "bare" => new("/plain", _ => [], [.. "{}"u8], PlainRows),
        _ => throw new ArgumentException($"There is no side '{name}'.", nameof(name)),
    };

    /// <summary>A client of LiveHub, with a subscription for each list.</summary>
    private static Side Live(params int[] lists) => new(
        "/live",
        standing =>
        {
            var (position, fingerprint) = standing?.Resume() ?? ("", "");
            var subscriptions = lists.Select((list, i) => $$$"""{"id":{{{i + 1}}},"entity":"Ticket","where":{"listId":{{{list}}}}{{{fingerprint}}}}""");
            return
            [
                $$$"""{"type":1,"target":"Send","arguments":[{"type":"hello","protocol":{"min":1,"max":1},"client":"bench"{{{position}}}}]}""",
                $$$"""{"type":1,"target":"Send","arguments":[{"type":"subscribe","subscriptions":[{{{string.Join(',', subscriptions)}}}]}]}""",
            ];
        },
        [.. "\"end\":"u8],
        LiveRows);

    private static Side Plain(int list) => new("/plain", _ => [$$$"""{"type":1,"target":"Join","invocationId":"1","arguments":[{{{list}}}]}"""], [.. "\"type\":3"u8], PlainRows);

    private static IEnumerable<ReceivedRow> LiveRows(JsonElement message)
        => from steps in message.GetProperty("arguments")[0].EnumerateArray()
           from step in steps.GetProperty("steps").EnumerateArray()
           from op in step.EnumerateArray()
           let set = op.GetProperty("set")
           select new ReceivedRow(op.GetProperty("key").GetInt32(), set.GetProperty("title").GetString()!, set.GetProperty("done").GetBoolean());

    private static IEnumerable<ReceivedRow> PlainRows(JsonElement message)
        => from row in message.GetProperty("arguments").EnumerateArray()
           select new ReceivedRow(row.GetProperty("id").GetInt32(), row.GetProperty("title").GetString()!, row.GetProperty("done").GetBoolean());
}

internal sealed record ReceivedRow(int Id, string Title, bool Done);
