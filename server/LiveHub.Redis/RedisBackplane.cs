using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Threading.Channels;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Formats;
using LiveHub.Model;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace LiveHub.Redis;

/// <summary>
/// The log of several nodes, in Redis: a stream, and a channel as its doorbell (rule 13). Every node holds all of it, as far back as it reaches, and reads on from there. One loop keeps a link to
/// Redis; with each new link it makes sure that the log is still the one that it knows, catches up from the stream, and then does three things at once: listens, sends, and looks whether
/// the link still lives.
/// </summary>
internal sealed partial class RedisBackplane : IBackplane, IAsyncDisposable
{
    private const string Mode = "interceptor";
    private const int MaxBatch = 256;
    private const int MaxBatchBytes = 1 << 20;
    private const int Page = 500;

    /// <summary>Deliveries may be out of order for so long before what is missing is read from the stream.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(50);

    /// <summary>Nobody has heard the log who has not for so long.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan MinDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TimeToFlush = TimeSpan.FromSeconds(5);

    private readonly RedisOptions _options;
    private readonly LogRetention _retention;
    private readonly RedisNames _names;
    private readonly ChangesetCodec _codec;
    private readonly LiveModel _model;
    private readonly LiveHubMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly GuardedLogger _logger;
    private readonly LogTail _log;
    private readonly OutgoingQueue _outgoing;
    private readonly string _node = LogMessage.NewEpoch();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>What this node has sent and not seen come back: it need not be read from its bytes.</summary>
    private readonly ConcurrentDictionary<ChangesetId, Changeset> _own = new();

    private TaskCompletionSource<RedisLink> _joined = NewJoined();
    private Task _running = Task.CompletedTask;
    private volatile string _epoch = "";
    private volatile string? _lineage;
    private volatile IReadOnlyDictionary<string, DatabaseHistory> _databases = ReadOnlyDictionary<string, DatabaseHistory>.Empty;
    private long _heard;

    public RedisBackplane(
        IOptions<RedisOptions> options, IOptions<LiveHubOptions> live, LiveModel model, LiveHubMetrics metrics, TimeProvider time, GuardedLogger<RedisBackplane> logger)
    {
        _options = options.Value;
        _retention = live.Value.LogRetention;
        _names = new(_options.Prefix);
        _codec = new(model);
        _model = model;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _log = new(_retention, time);
        _outgoing = new(_options.MaxQueuedChangesets, _options.MaxQueuedBytes, metrics);
        Hear();
    }

    public string Epoch => _epoch;

    public Position Begin => _log.Begin;

    public Position Head => _log.Head;

    /// <summary>A node that has not been there for so long is gone.</summary>
    internal TimeSpan NodeTimeout { get; set; } = TimeSpan.FromSeconds(15);

    public TransactionId Horizon => _log.Horizon;

    public DateTimeOffset? SilentSince
    {
        get
        {
            var heard = new DateTimeOffset(Volatile.Read(ref _heard), TimeSpan.Zero);
            return _time.GetUtcNow() - heard < Silence ? null : heard;
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (ChangesetCodec.Faults(_model) is { Count: > 0 } faults)
        {
            throw LiveModel.Invalid([.. faults]);
        }

        RedisLink? first = null;
        try
        {
            first = await RedisLink.OpenAsync(_options, _names, cancellationToken);
            await JoinAsync(first);
        }
        catch (RedisFaultException e)
        {
            await LetGoAsync(first);
            first = null;
            if (!_options.StartWithoutRedis)
            {
                throw new InvalidOperationException(
                    $"LiveHub cannot start: {e.Message} To start without it, degraded until it is there, set {nameof(RedisOptions)}.{nameof(RedisOptions.StartWithoutRedis)}.", e);
            }

            // Nothing was ever heard: that is no silence that has to last before it counts.
            Volatile.Write(ref _heard, (_time.GetUtcNow() - Silence).Ticks);
            _logger.RedisIsAway(e);
        }

        if (first is not null)
        {
            Volatile.Read(ref _joined).TrySetResult(first);
        }

        _running = Task.Run(() => RunAsync(first, _stopping.Token), CancellationToken.None);
    }

    public Task WaitUntilHeardAsync(CancellationToken cancellationToken) => Volatile.Read(ref _joined).Task.WaitAsync(cancellationToken);

    public void BeginEpoch() => Send(new(Changeset: null, _lineage));

    public DatabaseHistory? HistoryOf(string database) => _databases.GetValueOrDefault(database);

    public void Observe(DatabaseHistory seen, bool isAnother) => Send(new(Changeset: null, _lineage, new(seen, isAnother)));

    public void Append(Changeset changeset) => Send(new(changeset, _lineage));

    public async ValueTask<Position> ReadHeadAsync(TransactionId shown, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_options.CommandTimeout);
        RedisFaultException? fault = null;
        try
        {
            while (true)
            {
                var link = await Volatile.Read(ref _joined).Task.WaitAsync(patience.Token);
                try
                {
                    await (await Task.WhenAny(_outgoing.FlushAsync(), link.Ended).WaitAsync(patience.Token));
                    var state = await LookAsync(link, node: "", shown).WaitAsync(patience.Token);
                    if (state.Epoch == _epoch)
                    {
                        return state.Head;
                    }
                }
                catch (RedisFaultException e)
                {
                    // Another link comes soon, or this was the last try.
                    fault = e;
                }

                await Task.Delay(MinDelay, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BackplaneSilentException($"Nothing was heard of the log for {_options.CommandTimeout.TotalSeconds} s. {fault?.Message}", fault);
        }
    }

    /// <summary>Completes when all that was appended by now is in the log, or given up.</summary>
    public Task FlushAsync() => _outgoing.FlushAsync();

    public IAsyncEnumerable<LogEntry> ReadAsync(long after, CancellationToken cancellationToken) => _log.ReadAsync(after, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        if (Volatile.Read(ref _joined).Task is { IsCompletedSuccessfully: true } joined)
        {
            await SayGoodbyeAsync(await joined);
        }

        await _stopping.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    /// <summary>What was saved is brought into the log first. A node that leaves without a word may have had more.</summary>
    private async Task SayGoodbyeAsync(RedisLink link)
    {
        try
        {
            await Task.WhenAny(_outgoing.FlushAsync(), link.Ended).WaitAsync(TimeToFlush);
            if (_outgoing.Count == 0)
            {
                await link.CallAsync(Scripts.Leave, [_names.Nodes], [_node]);
            }
        }
        catch (Exception e) when (e is RedisFaultException or TimeoutException)
        {
            _logger.RedisIsAway(e);
        }
    }

    private void Send(Outgoing outgoing)
    {
        if (!_outgoing.Add(outgoing))
        {
            _logger.QueueOverflowed(_options.MaxQueuedChangesets, _options.MaxQueuedBytes);
        }
    }

    /// <summary>Keeps a link, one after another.</summary>
    /// <param name="link">The first one, where there is one; it has joined.</param>
    private async Task RunAsync(RedisLink? link, CancellationToken stopping)
    {
        for (var delay = MinDelay; ;)
        {
            try
            {
                if (link is null)
                {
                    link = await RedisLink.OpenAsync(_options, _names, stopping);
                    await JoinAsync(link);
                    _logger.RedisIsBack();
                }

                delay = MinDelay;
                await ServeAsync(link, stopping);
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                _logger.RedisIsAway(e);
                _metrics.Failed(Stages.Backplane, e);
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }
            finally
            {
                Leave();
                await LetGoAsync(link);
            }

            link = null;
            await Task.Delay(delay * (0.5 + Random.Shared.NextDouble()), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
        }
    }

    private static ValueTask LetGoAsync(RedisLink? link) => link?.DisposeAsync() ?? default;

    /// <summary>Listens, sends and looks, until one of them cannot.</summary>
    private async Task ServeAsync(RedisLink link, CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var looks = Channel.CreateUnbounded<Look>();
        Task[] tasks = [link.Ended, ListenAsync(link, looks.Reader, ending.Token), SendAsync(link, ending.Token), BeatAsync(link, looks.Writer, ending.Token)];
        Volatile.Read(ref _joined).TrySetResult(link);
        var first = await Task.WhenAny(tasks);
        await ending.CancelAsync();
        link.End(new("The connection is given up."));
        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    /// <summary>Nothing is heard from here on.</summary>
    private void Leave()
    {
        if (Volatile.Read(ref _joined).Task.IsCompleted)
        {
            Volatile.Write(ref _joined, NewJoined());
        }
    }

    private async Task BeatAsync(RedisLink link, ChannelWriter<Look> looks, CancellationToken ending)
    {
        using var timer = new PeriodicTimer(_options.HeartbeatInterval, _time);
        DateTimeOffset? since = null;
        do
        {
            var head = _log.Head.Offset;
            var state = await LookAsync(link, _node, shown: default);
            looks.TryWrite(new(state, head));
            since ??= state.Now;
            await MournAsync(link, state, since.Value);
        }
        while (await timer.WaitForNextTickAsync(ending));
    }

    /// <summary>
    /// A node that has gone without a word may have committed what it has not brought into the log, be it for lack of a line or for lack of time: the readers start again from snapshots, which
    /// show it (docs/decisions/0018).
    /// </summary>
    private async Task MournAsync(RedisLink link, LogState state, DateTimeOffset since)
    {
        foreach (var (node, at) in state.Nodes)
        {
            // Who has just found the way back to Redis waits for the others to find it, too.
            if (node != _node && state.Now - (at > since ? at : since) >= NodeTimeout && (string)(await BeginAsync(link, state.Epoch!, isHistory: false, gone: node))! != Scripts.Refused)
            {
                _logger.NodeWasLost(node);
                return;
            }
        }
    }

    private async Task<LogState> LookAsync(RedisLink link, string node, TransactionId shown)
    {
        var state = LogState.Read(await link.CallAsync(Scripts.Look, [_names.State, _names.Nodes], [node, shown.Value.ToString(CultureInfo.InvariantCulture)]));
        Hear();
        _log.RaiseHorizon(state.Horizon);
        if (state.Databases.Count > 0)
        {
            _databases = state.Databases;
        }

        return state;
    }

    /// <summary>Begins another log, unless somebody else was first.</summary>
    private Task<RedisResult> BeginAsync(RedisLink link, string expected, bool isHistory, string gone = "")
        => link.CallAsync(
            Scripts.Begin,
            [_names.State, _names.Log, _names.Changesets, _names.Nodes],
            [
                .. NewLog(expected), isHistory ? "1" : "", _names.Channel, gone,
                .. _databases.Values.SelectMany(d => new RedisValue[] { d.Database, d.History, d.Version }),
            ]);

    private RedisValue[] NewLog(string expected) => [expected, LogMessage.NewEpoch(), LogFrame.Write(RandomTag()), _log.Head.Offset, Mode];

    private void Hear() => Volatile.Write(ref _heard, _time.GetUtcNow().Ticks);

    private static ulong RandomTag() => (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue);

    private static TaskCompletionSource<RedisLink> NewJoined() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
