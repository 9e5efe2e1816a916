using System.Text.Json;

namespace BenchClient;

/// <summary>How one side is connected to, and how its rows are read.</summary>
/// <param name="Path">The hub's.</param>
/// <param name="Ask">What a connection says once it is there.</param>
/// <param name="Ready">In the stream when the server has done what was asked.</param>
/// <param name="Rows">The rows of one message.</param>
internal sealed record Side(string Path, string[] Ask, byte[] Ready, Func<JsonElement, IEnumerable<ReceivedRow>> Rows)
{
    public static Side Of(string name) => name switch
    {
        "live" => new(
            "/live",
            [
                """{"type":1,"target":"Send","arguments":[{"type":"hello","protocol":{"min":1,"max":1},"client":"bench"}]}""",
                """{"type":1,"target":"Send","arguments":[{"type":"subscribe","subscriptions":[{"id":1,"entity":"Ticket","where":{"listId":1}}]}]}""",
            ],
            [.. "\"end\":"u8],
            LiveRows),
        "plain" => new(
            "/plain",
            ["""{"type":1,"target":"Join","invocationId":"1","arguments":[1]}"""],
            [.. "\"type\":3"u8],
            PlainRows),
        _ => throw new ArgumentException($"There is no side '{name}'.", nameof(name)),
    };

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
