using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace BenchClient;

/// <summary>
/// One SignalR connection over a WebSocket, as light as can be, so that the bench measures the server: a row is one occurrence of the name of its title in the text that
/// comes. Nothing is parsed, but for a connection that keeps its text to be read afterwards.
/// </summary>
internal sealed class CountingConnection : IDisposable
{
    private const byte RecordSeparator = 0x1E;
    private const int BufferBytes = 64 * 1024;

    private readonly Socket _socket;
    private readonly Side _side;
    private readonly bool _keeps;
    private readonly Action _arrived;
    private readonly Action<Exception> _failed;
    private readonly MemoryStream _kept = new();
    private readonly FrameReader _frames = new();
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Standing? _standing;
    private TaskCompletionSource? _stalled;
    private volatile bool _isCut;
    private long _expected = long.MaxValue;

    private CountingConnection(Socket socket, Side side, bool keeps, Standing? standing, Action arrived, Action<Exception> failed)
    {
        _socket = socket;
        _side = side;
        _keeps = keeps;
        _standing = standing;
        _arrived = arrived;
        _failed = failed;
    }

    /// <summary>Bytes of text that have come since rows were expected, or the connection was opened.</summary>
    public long Bytes { get; private set; }

    /// <summary>Rows that have come since then.</summary>
    public long Rows { get; private set; }

    /// <summary>When the last of the expected rows came.</summary>
    public long ArrivedAt { get; private set; }

    /// <summary>The hub messages that have come since rows were expected.</summary>
    public IEnumerable<JsonElement> Kept
    {
        get
        {
            var text = _kept.ToArray();
            for (var start = 0; Array.IndexOf(text, RecordSeparator, start) is >= 0 and var end; start = end + 1)
            {
                using var json = JsonDocument.Parse(text.AsMemory(start, end - start));
                if (json.RootElement.TryGetProperty("type", out var type) && type.GetInt32() == 1)
                {
                    yield return json.RootElement.Clone();
                }
            }
        }
    }

    private static ReadOnlySpan<byte> RowMarker => "\"title\":\""u8;

    public static async Task<CountingConnection> OpenAsync(Uri url, Side side, bool keeps, Standing? standing, bool resumes, Action arrived, Action<Exception> failed)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (side.ReceiveBufferBytes is { } bytes)
        {
            socket.ReceiveBufferSize = bytes;
        }

        var connection = new CountingConnection(socket, side, keeps, standing, arrived, failed);
        await socket.ConnectAsync(url.Host, url.Port);
        await connection.UpgradeAsync(url.Authority);
        _ = connection.ReadAsync();
        connection.Send("""{"protocol":"json","version":1}""");
        foreach (var message in side.Ask(resumes ? standing : null))
        {
            connection.Send(message);
        }

        await connection._ready.Task;
        return connection;
    }

    public void Expect(long rows)
    {
        lock (_lock)
        {
            Settle();
            Bytes = 0;
            Rows = 0;
            _expected = rows;
        }
    }

    /// <summary>Stops reading: what comes stays in the socket.</summary>
    public void Stall() => _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Reads on.</summary>
    public void ReadOn()
    {
        var stalled = _stalled;
        _stalled = null;
        stalled?.TrySetResult();
    }

    /// <summary>Heeds what was kept, and keeps it no longer.</summary>
    /// <param name="withRows">Whether rows are looked at.</param>
    public void Settle(bool withRows = true)
    {
        lock (_lock)
        {
            if (!_keeps)
            {
                return;
            }

            if (_standing is not null)
            {
                foreach (var message in Kept)
                {
                    _standing.Heed(message, withRows);
                }
            }

            // The beginning of a message stays.
            var text = _kept.ToArray();
            var end = Array.LastIndexOf(text, RecordSeparator) + 1;
            _kept.SetLength(0);
            _kept.Write(text.AsSpan(end));
        }
    }

    /// <summary>Ends the connection at once, as a network does that fails.</summary>
    public void Cut()
    {
        _isCut = true;
        _socket.LingerState = new(enable: true, seconds: 0);
        _socket.Dispose();
    }

    public void Ping() => Send("""{"type":6}""");

    public void Dispose()
    {
        _isCut = true;
        _socket.Dispose();
        _kept.Dispose();
    }

    private async Task UpgradeAsync(string host)
    {
        var request = $"GET {_side.Path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Convert.ToBase64String(Guid.NewGuid().ToByteArray())}\r\n\r\n";
        await _socket.SendAsync(Encoding.ASCII.GetBytes(request));

        // The server says nothing before the client does: what comes is the answer and no more.
        var buffer = new byte[4096];
        var length = 0;
        do
        {
            var read = await _socket.ReceiveAsync(buffer.AsMemory(length));
            length += read > 0 ? read : throw new IOException($"{_side.Path} ended the connection before it was a WebSocket.");
        }
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0);
        if (!buffer.AsSpan().StartsWith("HTTP/1.1 101 "u8))
        {
            throw new IOException($"{_side.Path} is no WebSocket: {Encoding.ASCII.GetString(buffer, 0, length)}");
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            // What may be the beginning of a marker stays in front of what comes next.
            var buffer = new byte[BufferBytes];
            var kept = 0;
            while (await _socket.ReceiveAsync(buffer.AsMemory(kept)) is > 0 and var read)
            {
                var length = kept + _frames.Unwrap(buffer.AsSpan(kept, read));
                Count(buffer.AsSpan(0, length), length - kept);
                kept = Math.Min(length, RowMarker.Length - 1);
                buffer.AsSpan(length - kept, kept).CopyTo(buffer);
                if (_stalled is { } stalled)
                {
                    await stalled.Task;
                }
            }

            throw new IOException($"{_side.Path} ended a connection.");
        }
        catch (Exception) when (_isCut)
        {
            // Nobody waits for it any longer.
        }
        catch (Exception e)
        {
            _ready.TrySetException(e);
            _failed(e);
        }
    }

    private void Count(ReadOnlySpan<byte> text, int added)
    {
        var isReady = !_ready.Task.IsCompleted && text.IndexOf(_side.Ready) >= 0;
        bool isLast;
        lock (_lock)
        {
            Bytes += added;
            var before = Rows;
            Rows += text.Count(RowMarker);
            isLast = before < _expected && Rows >= _expected;
            if (_keeps)
            {
                _kept.Write(text[^added..]);
            }

            if (isLast)
            {
                ArrivedAt = Stopwatch.GetTimestamp();
            }
        }

        if (isReady)
        {
            _ready.TrySetResult();
        }

        if (isLast)
        {
            _arrived();
        }
    }

    /// <summary>Sends one hub message in one masked frame; the mask is zero.</summary>
    private void Send(string message)
    {
        var payload = Encoding.UTF8.GetBytes(message);
        var length = payload.Length + 1;
        var frame = new byte[8 + length];
        frame[0] = 0x81;
        frame[1] = 0x80 | 126;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)length);
        payload.CopyTo(frame, 8);
        frame[^1] = RecordSeparator;
        _socket.Send(frame);
    }
}
