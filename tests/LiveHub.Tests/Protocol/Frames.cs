using System.Text;
using System.Text.Json.Nodes;
using LiveHub.Protocol;

namespace LiveHub.Tests.Protocol;

/// <summary>What a frame writer writes, taken apart again.</summary>
internal static class Frames
{
    public static async Task<IReadOnlyList<JsonObject>> WriteAsync(params Step[] steps) => await WriteAsync(async writer =>
    {
        foreach (var step in steps)
        {
            await writer.WriteAsync(step);
        }
    });

    public static async Task<IReadOnlyList<JsonObject>> WriteAsync(ReadOnlyMemory<byte> message) => await WriteAsync(writer => writer.WriteAsync(message));

    /// <summary>The server messages in a frame; it must be a hub message of SignalR's JSON protocol.</summary>
    public static List<JsonObject> Messages(byte[] frame)
    {
        Assert.Equal(0x1E, frame[^1]);
        Assert.Equal(frame.Length - 1, frame.AsSpan().IndexOf((byte)0x1E));
        var invocation = JsonNode.Parse(Encoding.UTF8.GetString(frame.AsSpan(0, frame.Length - 1)))!.AsObject();
        Assert.Equal(["type", "target", "arguments"], invocation.Select(p => p.Key));
        Assert.Equal(1, (int)invocation["type"]!);
        Assert.Equal("Receive", (string)invocation["target"]!);
        return [.. Assert.Single(invocation["arguments"]!.AsArray())!.AsArray().Select(m => m!.AsObject())];
    }

    /// <summary>Hands its hub messages to <paramref name="send"/>.</summary>
    public static FrameWriter Writer(Func<ReadOnlyMemory<byte>, ValueTask> send) => new(new Sink(send));

    private static async Task<IReadOnlyList<JsonObject>> WriteAsync(Func<FrameWriter, ValueTask> write)
    {
        var frames = new List<byte[]>();
        var writer = Writer(frame =>
        {
            frames.Add(frame.ToArray());
            return ValueTask.CompletedTask;
        });
        await write(writer);
        await writer.FlushAsync();
        writer.Release();
        return [.. frames.SelectMany(Messages)];
    }

    private sealed class Sink(Func<ReadOnlyMemory<byte>, ValueTask> send) : IFrameSink
    {
        public ValueTask SendAsync(ReadOnlyMemory<byte> frame) => send(frame);
    }
}
