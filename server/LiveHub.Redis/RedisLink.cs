using System.Threading.Channels;
using StackExchange.Redis;

namespace LiveHub.Redis;

/// <summary>
/// One connection to Redis, from its start to its first fault. It is not mended: a link that has lost something, or whose server does not answer, ends, and another takes its place and
/// makes sure of everything anew. (A subscription that StackExchange.Redis restores by itself may have a gap, and calls to a server that hangs stay pending for ever.)
/// </summary>
internal sealed class RedisLink : IAsyncDisposable
{
    /// <summary>Messages that may wait; who lets more gather reads them from the stream.</summary>
    private const int MaxMessages = 10_000;

    private static readonly TimeSpan MarkInterval = TimeSpan.FromMilliseconds(50);

    private readonly ConnectionMultiplexer _multiplexer;
    private readonly RedisNames _names;
    private readonly TimeSpan _timeout;
    private readonly Channel<byte[]> _messages = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxMessages) { SingleReader = true });
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RedisLink(ConnectionMultiplexer multiplexer, RedisNames names, TimeSpan timeout)
    {
        _multiplexer = multiplexer;
        _names = names;
        _timeout = timeout;
    }

    /// <summary>What came over the channel. Completed with the fault when the link ends.</summary>
    public ChannelReader<byte[]> Messages => _messages.Reader;

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
        configuration.ConnectTimeout = (int)options.CommandTimeout.TotalMilliseconds;
        configuration.ConnectRetry = 1;
        var connecting = ConnectionMultiplexer.ConnectAsync(configuration);
        ConnectionMultiplexer multiplexer;
        try
        {
            multiplexer = await connecting.WaitAsync(2 * options.CommandTimeout, cancellationToken);
        }
        catch (Exception e)
        {
            _ = connecting.ContinueWith(static c => c.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            cancellationToken.ThrowIfCancellationRequested();
            throw RedisFaultException.CannotConnect(where, e);
        }

        var link = new RedisLink(multiplexer, names, options.CommandTimeout);
        try
        {
            await link.CheckAsync(where);
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

    /// <summary>The entries of the stream from an offset on, in order; at most some hundred.</summary>
    /// <exception cref="RedisFaultException">It did not answer, or not in time: the link has ended.</exception>
    public async Task<IReadOnlyList<LogFrame>> ReadAsync(long from, int count)
    {
        try
        {
            var rows = (RedisResult[]?)await Database.ExecuteAsync("XRANGE", (string)_names.Log!, $"{from}-0", "+", "COUNT", count).WaitAsync(_timeout);
            return [.. (rows ?? []).Select(Read)];
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException or TaskCanceledException)
        {
            throw End(RedisFaultException.NoAnswer(e));
        }
    }

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

    private async Task CheckAsync(string where)
    {
        try
        {
            await Database.ExecuteAsync("XLEN", (string)_names.Log!).WaitAsync(_timeout);
        }
        catch (RedisServerException e) when (e.Message.Contains("unknown command", StringComparison.OrdinalIgnoreCase))
        {
            throw RedisFaultException.TooOld(where, e);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            throw RedisFaultException.CannotConnect(where, e);
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
        while (!hasCome && _messages.Reader.TryRead(out var message))
        {
            hasCome = message.AsSpan().SequenceEqual(mark);
        }

        return hasCome;
    }

    /// <summary>Called by StackExchange.Redis, whose other work waits meanwhile.</summary>
    private void Take(RedisValue message)
    {
        if (!_messages.Writer.TryWrite(message!) && !_ended.Task.IsCompleted)
        {
            End(new($"More than {MaxMessages} messages wait: this node is too slow, and goes on from the stream."));
        }
    }

    private static LogFrame Read(RedisResult row)
    {
        var parts = (RedisResult[])row!;
        var id = (string)parts[0]!;
        var fields = (byte[][])parts[1]!;
        return LogFrame.Read(long.Parse(id.AsSpan(0, id.IndexOf('-', StringComparison.Ordinal)), System.Globalization.CultureInfo.InvariantCulture), fields[1]);
    }

    private static string Name(System.Net.EndPoint endPoint) => endPoint switch
    {
        System.Net.DnsEndPoint dns => $"{dns.Host}:{dns.Port}",
        _ => endPoint.ToString() ?? "",
    };
}
