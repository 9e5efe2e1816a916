using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using LiveHub.Hubs;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Tests.Hubs;

public sealed class LongMessagesTests(PostgresServer server)
{
    /// <summary>What SignalR's pipe and its WebSocket transport cut messages into.</summary>
    private const int PieceBytes = 4096;

    [Theory, InlineData(1), InlineData(PieceBytes), InlineData(PieceBytes + 1), InlineData(32 * 1024), InlineData(1_000_000)]
    public async Task A_message_of_any_length_goes_through_as_it_is_a_long_one_in_one_piece(int length)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
        var writer = new LongMessages(pipe.Writer);
        var message = new byte[length];
        Random.Shared.NextBytes(message);
        await writer.WriteAsync(message, TestContext.Current.CancellationToken);
        var read = await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.True(read.Buffer.IsSingleSegment);
        Assert.True(message.AsSpan().SequenceEqual(read.Buffer.FirstSpan));
    }

    [Fact]
    public async Task Rows_come_in_frames_of_more_than_a_piece()
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.WithDbAsync(async db =>
        {
            db.Items.AddRange(Enumerable.Range(0, 200).Select(i => new Item { ShelfId = 1, Name = $"item {i}" }));
            await db.SaveChangesAsync();
        });
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(shop.HubUrl, TestContext.Current.CancellationToken);
        foreach (var message in new[]
        {
            """{"protocol":"json","version":1}""",
            """{"type":1,"target":"Send","arguments":[{"type":"hello","protocol":{"min":1,"max":1},"client":"raw"}]}""",
            """{"type":1,"target":"Send","arguments":[{"type":"subscribe","subscriptions":[{"id":1,"entity":"Item"}]}]}""",
        })
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(message + '\u001e'), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        }

        // A read ends with a frame at the latest.
        var buffer = new byte[64 * 1024];
        var text = new StringBuilder();
        var longest = 0;
        while (!text.ToString().Contains("\"end\"", StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            longest = Math.Max(longest, read.Count);
            text.Append(Encoding.UTF8.GetString(buffer, 0, read.Count));
        }

        Assert.True(text.Length > 3 * PieceBytes, "The rows are too few for this to show anything.");
        Assert.InRange(longest, PieceBytes + 1, buffer.Length);
    }
}
