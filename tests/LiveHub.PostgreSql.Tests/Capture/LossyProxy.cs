using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>What becomes of a message and of its connection.</summary>
internal enum Loss
{
    /// <summary>The server never gets it.</summary>
    Message,

    /// <summary>The server has answered, and the client never gets that.</summary>
    Answer,

    /// <summary>The server has it, and the client is cut off before there is an answer.</summary>
    Wait,
}

/// <summary>A way to the server on which one message, or the answer to it, is lost together with the connection.</summary>
internal sealed class LossyProxy : IAsyncDisposable
{
    /// <summary>The beginning of the message that ends each answer (PostgreSQL, section 54.7).</summary>
    private static readonly byte[] ReadyForQuery = [(byte)'Z', 0, 0, 0, 5];

    private readonly TcpListener _listener;
    private readonly string _host;
    private readonly int _port;
    private readonly CancellationTokenSource _stopping = new();
    private TaskCompletionSource _lost = new();
    private byte[]? _text;
    private Loss _loss;

    /// <param name="host">The server's.</param>
    /// <param name="port">The server's.</param>
    /// <param name="own">Where it listens; 0: anywhere.</param>
    public LossyProxy(string host, int port, int own = 0)
    {
        (_host, _port) = (host, port);
        _listener = new(IPAddress.Loopback, own);
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Completes when it has happened.</summary>
    public Task Lost => _lost.Task;

    /// <summary>The next message with this text is lost, or the answer to it.</summary>
    public void Lose(Loss loss, string text)
    {
        _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        (_loss, _text) = (loss, Encoding.UTF8.GetBytes(text));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(_host, _port);
                server.NoDelay = client.NoDelay = true;
                var link = new Link(client.GetStream(), server.GetStream());
                await Task.WhenAll(ForwardAsync(link, client), BackAsync(link));
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // One of the two is gone.
            }
        }
    }

    private async Task ForwardAsync(Link link, TcpClient client)
    {
        var buffer = new byte[1 << 16];
        while (await link.Client.ReadAsync(buffer, _stopping.Token) is > 0 and var count)
        {
            if (_text is { } text && buffer.AsSpan(0, count).IndexOf(text) >= 0)
            {
                _text = null;
                link.IsMute = true;
                if (_loss is not Loss.Message)
                {
                    await link.Server.WriteAsync(buffer.AsMemory(0, count), _stopping.Token);
                }

                if (_loss is Loss.Answer)
                {
                    await link.Answered.Task.WaitAsync(_stopping.Token);
                }

                client.Close();
                _lost.TrySetResult();
                if (_loss is not Loss.Wait)
                {
                    await link.Server.DisposeAsync();
                }

                return;
            }

            await link.Server.WriteAsync(buffer.AsMemory(0, count), _stopping.Token);
        }

        await link.Server.DisposeAsync();
    }

    private async Task BackAsync(Link link)
    {
        var buffer = new byte[1 << 16];
        while (await link.Server.ReadAsync(buffer, _stopping.Token) is > 0 and var count)
        {
            if (!link.IsMute)
            {
                await link.Client.WriteAsync(buffer.AsMemory(0, count), _stopping.Token);
            }
            else if (buffer.AsSpan(0, count).IndexOf(ReadyForQuery) >= 0)
            {
                link.Answered.TrySetResult();
            }
        }
    }

    private sealed record Link(NetworkStream Client, NetworkStream Server)
    {
        public bool IsMute { get; set; }

        public TaskCompletionSource Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
