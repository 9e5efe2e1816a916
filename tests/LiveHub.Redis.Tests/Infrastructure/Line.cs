using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace LiveHub.Redis.Tests.Infrastructure;

/// <summary>A line from clients to a redis-server that can be cut, stalled, slowed, led elsewhere, and lose or shuffle what is published.</summary>
internal sealed class Line : IAsyncDisposable
{
    /// <summary>What is published in this time is shuffled with each other.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(10);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Link, Task> _links = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly bool _isRaw;
    private readonly Random _random;
    private readonly Task _accepting;
    private volatile TaskCompletionSource _open = Opened();
    private volatile int _server;
    private volatile bool _isCut;
    private volatile bool _isMute;
    private long _dropped;
    private long _shuffled;

    /// <param name="server">The server's port.</param>
    /// <param name="isRaw">Whether something else than answers comes back: for a replica.</param>
    /// <param name="seed">Of what is random in it.</param>
    public Line(int server, bool isRaw = false, int seed = 1)
    {
        (_server, _isRaw, _random) = (server, isRaw, new(seed));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How long everything takes in each direction.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Which part of what is published does not arrive, from 0 to 1.</summary>
    public double Loss { get; set; }

    /// <summary>Whether what is published within a moment arrives in any order.</summary>
    public bool IsShuffled { get; set; }

    /// <summary>How many deliveries were lost.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>How many deliveries came earlier or later than they were sent.</summary>
    public long Shuffled => Interlocked.Read(ref _shuffled);

    /// <summary>How many connections there are.</summary>
    public int Connections => _links.Count;

    /// <summary>All connections end, and new ones do so at once, until <see cref="Mend"/>.</summary>
    public void Cut()
    {
        _isCut = true;
        Drop();
    }

    /// <summary>All connections end; new ones are good.</summary>
    public void Drop()
    {
        foreach (var link in _links.Keys)
        {
            link.Dispose();
        }
    }

    /// <summary>Nothing is forwarded, and all connections stay; it all arrives after <see cref="Mend"/>.</summary>
    public void Stall() => _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The server gets everything, and nothing of what it says arrives, ever.</summary>
    public void Mute() => _isMute = true;

    /// <summary>As it was in the beginning; connections that have missed an answer end.</summary>
    public void Mend()
    {
        (_isCut, _isMute) = (false, false);
        foreach (var link in _links.Keys.Where(l => l.HasMissed))
        {
            link.Dispose();
        }

        _open.TrySetResult();
    }

    /// <summary>All connections end; new ones are to another server.</summary>
    public void LeadTo(int server)
    {
        _server = server;
        Drop();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        Drop();
        await _accepting;
        await Task.WhenAll(_links.Values);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                if (_isCut)
                {
                    client.Dispose();
                    continue;
                }

                var link = new Link(client);
                // Known before it runs, so that nothing that is told to all misses it.
                var start = new TaskCompletionSource();
                _links[link] = ServeAsync(link, start.Task);
                start.SetResult();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException || _stopping.IsCancellationRequested)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Link link, Task start)
    {
        await start;
        try
        {
            await link.Server.ConnectAsync(IPAddress.Loopback, _server, _stopping.Token);
            link.Server.NoDelay = link.Client.NoDelay = true;
            var frames = Channel.CreateBounded<byte[]>(1_000);
            await Task.WhenAll(
                EndingAsync(link, RequestAsync(link)), EndingAsync(link, HearAsync(link, frames.Writer)), EndingAsync(link, AnswerAsync(link, frames.Reader)));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or ChannelClosedException or InvalidOperationException)
        {
            // One of the two is gone.
        }
        finally
        {
            link.Dispose();
            _links.TryRemove(link, out _);
        }
    }

    /// <summary>When one direction ends, so does the other.</summary>
    private static async Task EndingAsync(Link link, Task work)
    {
        try
        {
            await work;
        }
        finally
        {
            link.Dispose();
        }
    }

    private async Task RequestAsync(Link link)
    {
        var buffer = new byte[1 << 16];
        var (from, to) = (link.Client.GetStream(), link.Server.GetStream());
        while (await from.ReadAsync(buffer, _stopping.Token) is > 0 and var count)
        {
            await PassAsync(link);
            await to.WriteAsync(buffer.AsMemory(0, count), _stopping.Token);
        }
    }

    private async Task HearAsync(Link link, ChannelWriter<byte[]> heard)
    {
        try
        {
            var buffer = new byte[1 << 16];
            var frames = new RespFrames();
            var from = link.Server.GetStream();
            while (await from.ReadAsync(buffer, _stopping.Token) is > 0 and var count)
            {
                foreach (var frame in _isRaw ? [buffer[..count]] : frames.Add(buffer.AsSpan(0, count)))
                {
                    await heard.WriteAsync(frame, link.Ended);
                }
            }
        }
        finally
        {
            heard.TryComplete();
        }
    }

    private async Task AnswerAsync(Link link, ChannelReader<byte[]> heard)
    {
        var to = link.Client.GetStream();
        while (await heard.WaitToReadAsync(link.Ended))
        {
            var batch = Take(heard);
            if (IsShuffled && batch.Exists(f => RespFrames.IsDelivery(f)))
            {
                await Task.Delay(Window, link.Ended);
                batch.AddRange(Take(heard));
                Shuffle(batch);
            }

            batch.RemoveAll(f => RespFrames.IsDelivery(f) && IsLost());
            await PassAsync(link);
            if (_isMute)
            {
                link.HasMissed = true;
            }
            else if (!link.HasMissed)
            {
                await to.WriteAsync(batch.SelectMany(f => f).ToArray(), link.Ended);
            }
        }
    }

    private static List<byte[]> Take(ChannelReader<byte[]> heard)
    {
        var batch = new List<byte[]>();
        while (heard.TryRead(out var frame))
        {
            batch.Add(frame);
        }

        return batch;
    }

    private async Task PassAsync(Link link)
    {
        if (Delay > TimeSpan.Zero)
        {
            await Task.Delay(Delay, link.Ended);
        }

        await _open.Task.WaitAsync(link.Ended);
    }

    private bool IsLost()
    {
        lock (_random)
        {
            if (Loss == 0 || _random.NextDouble() >= Loss)
            {
                return false;
            }
        }

        Interlocked.Increment(ref _dropped);
        return true;
    }

    /// <summary>Deliveries change places with each other; answers stay where they are.</summary>
    private void Shuffle(List<byte[]> batch)
    {
        var places = Enumerable.Range(0, batch.Count).Where(i => RespFrames.IsDelivery(batch[i])).ToArray();
        var frames = places.Select(i => batch[i]).ToArray();
        lock (_random)
        {
            _random.Shuffle(frames);
        }

        for (var i = 0; i < places.Length; i++)
        {
            Interlocked.Add(ref _shuffled, ReferenceEquals(batch[places[i]], frames[i]) ? 0 : 1);
            batch[places[i]] = frames[i];
        }
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private sealed class Link(TcpClient client) : IDisposable
    {
        private readonly CancellationTokenSource _ended = new();

        public TcpClient Client => client;

        public TcpClient Server { get; } = new();

        /// <summary>Whether something that the server has said is lost.</summary>
        public bool HasMissed { get; set; }

        public CancellationToken Ended => _ended.Token;

        public void Dispose()
        {
            _ended.Cancel();
            client.Dispose();
            Server.Dispose();
        }
    }
}
