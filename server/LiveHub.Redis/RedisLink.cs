using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Threading.Channels;
using StackExchange.Redis;

namespace LiveHub.Redis;

/// <summary>
/// One connection to Redis, from its start to its first fault. It is not mended: a link that has lost something, or whose server does not answer, ends, and another takes its place and
/// makes sure of everything anew. (A subscription that StackExchange.Redis restores by itself may have a gap, and calls to a server that hangs stay pending for ever.)
/// </summary>
internal sealed class RedisLink : IAsyncDisposable
{
    /// <summary>Messages that may wait, and their bytes; who lets more gather reads them from the stream.</summary>
    private const int MaxMessages = 10_000;
    private const long MaxBytes = 64 << 20;

    /// <summary>Entries that are read at once, and bytes, of which the last entry may have more.</summary>
    private const int MaxEntries = 500;
    private const int MaxPageBytes = 1 << 20;

    private const string Lengths = "for i = 1, #KEYS do redis.call('HLEN', KEYS[i]) end";

    private static readonly TimeSpan MarkInterval = TimeSpan.FromMilliseconds(50);

    private readonly ConnectionMultiplexer _multiplexer;
    private readonly RedisNames _names;
    private readonly TimeSpan _timeout;
    private readonly Channel<byte[]> _messages = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxMessages) { SingleReader = true });
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _waitingBytes;

    private RedisLink(ConnectionMultiplexer multiplexer, RedisNames names, TimeSpan timeout)
    {
        _multiplexer = multiplexer;
        _names = names;
        _timeout = timeout;
    }

    /// <summary>Fails when the link has ended, with the reason.</summary>
    public Task Ended => _ended.Task;

    private IDatabase Database => _multiplexer.GetDatabase();

    /// <summary>Connects, finds out whether the server is good for it, and listens.</summary>
    /// <exception cref="RedisFaultException">It cannot be.</exception>
    public static async Task<RedisLink> OpenAsync(RedisOptions options, RedisNames names, CancellationToken cancellationToken)
    {
        var configuration = ConfigurationOptions.Parse(options.Configuration);
        var where = string.Join(", ", configuration.EndPoints.Select(Name));
        configuration.AbortOnConnectFail = true;

        // Scripts publish under the channel's own name.
        configuration.ChannelPrefix = default;
        configuration.ConnectTimeout = (int)options.CommandTimeout.TotalMilliseconds;
        configuration.ConnectRetry = 1;
        var log = new ConnectLog();
        var connecting = ConnectionMultiplexer.ConnectAsync(configuration, log);
        ConnectionMultiplexer multiplexer;
        try
        {
            multiplexer = await connecting.WaitAsync(2 * options.CommandTimeout, cancellationToken);
        }
        catch (Exception e)
        {
            _ = connecting.ContinueWith(static c => c.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            cancellationToken.ThrowIfCancellationRequested();
            throw RedisFaultException.CannotConnect(where, log.HasRefusedPassword, e);
        }

        var link = new RedisLink(multiplexer, names, options.CommandTimeout);
        try
        {
            await link.CheckAsync(where, log);
            await link.ListenAsync(cancellationToken);
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a script. Whatever becomes of it, it may have been run.</summary>
    /// <exception cref="RedisFaultException">It did not answer, or not in time: the link has ended.</exception>
    public async Task<RedisResult> CallAsync(string script, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await Database.ScriptEvaluateAsync(script, keys, values).WaitAsync(_timeout);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException or TaskCanceledException)
        {
            throw End(RedisFaultException.NoAnswer(e));
        }
    }

    /// <summary>The first entries of the stream from an offset on, in order; none where there are none.</summary>
    /// <exception cref="RedisFaultException">It did not answer, or not in time: the link has ended.</exception>
    /// <exception cref="FormatException">Somebody else has written into the stream.</exception>
    public async Task<IReadOnlyList<LogFrame>> ReadAsync(long from)
        => [.. ((byte[][])(await CallAsync(Scripts.Read, [_names.Log], [from, MaxEntries, MaxPageBytes]))!).Chunk(2).Select(Read)];

    /// <summary>What came over the channel.</summary>
    public bool TryRead([NotNullWhen(true)] out byte[]? message)
    {
        var isThere = _messages.Reader.TryRead(out message);
        if (isThere)
        {
            Interlocked.Add(ref _waitingBytes, -message!.Length);
        }

        return isThere;
    }

    /// <summary>Completes when something may have come over the channel; fails when the link has ended.</summary>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken) => _messages.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Ends the link, if it has not ended yet.</summary>
    /// <returns>The fault.</returns>
    public RedisFaultException End(RedisFaultException fault)
    {
        _messages.Writer.TryComplete(fault);
        if (_ended.TrySetException(fault))
        {
            // Nobody may be listening for it.
            _ = _ended.Task.Exception;
        }

        return fault;
    }

    public async ValueTask DisposeAsync()
    {
        End(new("The connection was closed."));

        // To close without waiting: what is pending may be so for ever.
        await Task.Run(() =>
        {
            _multiplexer.Close(allowCommandsToComplete: false);
            _multiplexer.Dispose();
        });
    }

    /// <summary>It has streams, runs scripts, and no other program's keys are where ours are to be.</summary>
    private async Task CheckAsync(string where, ConnectLog log)
    {
        try
        {
            await Database.ExecuteAsync("XLEN", (string)_names.Log!).WaitAsync(_timeout);
            await Database.ScriptEvaluateAsync(Lengths, [_names.State, _names.Changesets, _names.Nodes]).WaitAsync(_timeout);
        }
        catch (RedisServerException e) when (e.Message.Contains("unknown command", StringComparison.OrdinalIgnoreCase) && e.Message.Contains("XLEN", StringComparison.OrdinalIgnoreCase))
        {
            throw RedisFaultException.TooOld(where, e);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            throw RedisFaultException.CannotConnect(where, log.HasRefusedPassword, e);
        }
    }

    /// <summary>Subscribes, and makes sure that it does hear what is published from here on.</summary>
    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _multiplexer.GetSubscriber().SubscribeAsync(_names.Channel, (_, message) => Take(message)).WaitAsync(_timeout, cancellationToken);
            var mark = LogMessage.WriteMark(LogMessage.NewEpoch());
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(_timeout);
            do
            {
                // StackExchange.Redis may say that it has subscribed before it has.
                await Database.PublishAsync(_names.Channel, mark).WaitAsync(patience.Token);
            }
            while (!await HasComeAsync(mark, patience.Token));

            _multiplexer.ConnectionFailed += (_, e) => End(new($"The connection to Redis was lost ({e.FailureType}).", e.Exception));
            _multiplexer.ConnectionRestored += (_, _) => End(new("The connection to Redis was lost, and is back."));
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ChannelClosedException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw End(RedisFaultException.NoAnswer(e));
        }
    }

    /// <summary>What came before is read from the stream.</summary>
    private async Task<bool> HasComeAsync(byte[] mark, CancellationToken cancellationToken)
    {
        var more = _messages.Reader.WaitToReadAsync(cancellationToken).AsTask();
        await Task.WhenAny(more, Task.Delay(MarkInterval, cancellationToken));
        var hasCome = false;
        while (!hasCome && TryRead(out var message))
        {
            hasCome = message.AsSpan().SequenceEqual(mark);
        }

        return hasCome;
    }

    /// <summary>Called by StackExchange.Redis, whose other work waits meanwhile.</summary>
    private void Take(RedisValue message)
    {
        byte[] bytes = message!;
        if ((Interlocked.Add(ref _waitingBytes, bytes.Length) > MaxBytes || !_messages.Writer.TryWrite(bytes)) && !_ended.Task.IsCompleted)
        {
            End(new($"More than {MaxMessages} messages wait, or {MaxBytes} bytes: this node is too slow, and goes on from the stream."));
        }
    }

    private static LogFrame Read(byte[][] entry)
        => Utf8Parser.TryParse(entry[0], out long offset, out var length) && length < entry[0].Length
            ? LogFrame.Read(offset, entry[1])
            : throw new FormatException($"'{Encoding.UTF8.GetString(entry[0])}' is no entry of the log.");

    private static string Name(System.Net.EndPoint endPoint) => endPoint switch
    {
        System.Net.DnsEndPoint dns => $"{dns.Host}:{dns.Port}",
        _ => endPoint.ToString() ?? "",
    };
}
