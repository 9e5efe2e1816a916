using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace LiveHub.Tests.Infrastructure;

/// <summary>Speaks SignalR's JSON protocol and LiveHub's on a bare WebSocket, so that tests see the very frames.</summary>
public sealed class RawClient : IAsyncDisposable
{
    private const char Separator = '\u001e';

    private readonly ClientWebSocket _socket = new();
    private readonly Channel<JsonObject> _messages;
    private readonly CancellationTokenSource _stopping = new();
    private Task _reading = Task.CompletedTask;

    private RawClient(int? ahead) => _messages = ahead is { } count ? Channel.CreateBounded<JsonObject>(count) : Channel.CreateUnbounded<JsonObject>();

    /// <summary>Hub messages as they came, SignalR's pings and handshake left out.</summary>
    public List<string> Frames { get; } = [];

    /// <param name="url">Of the hub.</param>
    /// <param name="hello">Whether it says hello.</param>
    /// <param name="read">Whether it reads from the start.</param>
    /// <param name="ahead">How many messages it reads before somebody takes them: little more is on its way to it. Null: whatever comes.</param>
    public static async Task<RawClient> ConnectAsync(Uri url, bool hello = true, bool read = true, int? ahead = null)
    {
        var client = new RawClient(ahead);
        using var little = new HttpMessageInvoker(new SocketsHttpHandler { ConnectCallback = ConnectWithLittleRoomAsync });
        await client._socket.ConnectAsync(url, read && ahead is null ? null : little, TestContext.Current.CancellationToken);
        await client.SendTextAsync("{\"protocol\":\"json\",\"version\":1}");
        if (read)
        {
            client.Read();
        }

        if (hello)
        {
            await client.SendAsync("""{"type":"hello","protocol":{"min":1,"max":1},"client":"raw"}""");
            if (read)
            {
                Assert.Equal("welcome", (string?)(await client.NextAsync())["type"]);
            }
        }

        return client;
    }

    /// <summary>Begins to read, where it has not from the start.</summary>
    public void Read() => _reading = ReadAsync();

    /// <summary>Sends a client message.</summary>
    public Task SendAsync(string message) => SendTextAsync($$"""{"type":1,"target":"Send","arguments":[{{message}}]}""");

    public Task SubscribeAsync(int id, string entity, string rest = "")
        => SendAsync($$"""{"type":"subscribe","subscriptions":[{"id":{{id}},"entity":"{{entity}}"{{rest}}}]}""");

    public async Task SendTextAsync(string text)
        => await _socket.SendAsync(Encoding.UTF8.GetBytes(text + Separator), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);

    /// <summary>The next server message.</summary>
    public async Task<JsonObject> NextAsync()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(20));
        return await _messages.Reader.ReadAsync(timeout.Token);
    }

    /// <summary>Reads on until a step has been merged for which a condition holds.</summary>
    public async Task<RawView> UntilAsync(RawView view, Func<RawView, bool> reached)
    {
        while (!reached(view))
        {
            view.Apply(await NextAsync());
        }

        return view;
    }

    public bool HasMore => _messages.Reader.TryPeek(out _);

    /// <summary>Completes when the server has closed the connection.</summary>
    public Task Closed => _reading;

    public void Abort() => _socket.Abort();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Abort();
        await _reading;
        _socket.Dispose();
        _stopping.Dispose();
    }

    /// <summary>For a client that does not read: the system would take tens of megabytes for it.</summary>
    private static async ValueTask<Stream> ConnectWithLittleRoomAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16 * 1024 };
        await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[16 * 1024];
        var text = new StringBuilder();
        var decoder = Encoding.UTF8.GetDecoder();
        var chars = new char[Encoding.UTF8.GetMaxCharCount(buffer.Length)];
        try
        {
            while (true)
            {
                var result = await _socket.ReceiveAsync(buffer, _stopping.Token);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                var length = decoder.GetChars(buffer, 0, result.Count, chars, 0);
                text.Append(chars, 0, length);
                if (!chars.AsSpan(0, length).Contains(Separator))
                {
                    continue;
                }

                var frames = text.ToString().Split(Separator);
                text.Clear().Append(frames[^1]);
                foreach (var frame in frames[..^1])
                {
                    await TakeAsync(frame);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection is gone, which is what Closed tells.
        }
        finally
        {
            _messages.Writer.TryComplete();
        }
    }

    private async ValueTask TakeAsync(string frame)
    {
        var json = JsonNode.Parse(frame)!.AsObject();
        if ((int?)json["type"] is not 1)
        {
            return;
        }

        lock (Frames)
        {
            Frames.Add(frame);
        }

        Assert.Equal("Receive", (string?)json["target"]);
        var messages = json["arguments"]![0]!.AsArray();
        var each = messages.ToList();
        messages.Clear();
        foreach (var message in each)
        {
            await _messages.Writer.WriteAsync(message!.AsObject(), _stopping.Token);
        }
    }
}
