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

    /// <summary>Deliveries may be out of order for so long before what is missing is read from the stream.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(50);

    /// <summary>Nobody has heard the log who has not for so long.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan MinDelay = TimeSpan.FromMilliseconds(20);

    /// <summary>Also how long a link lasts that is worth being tried again at once.</summary>
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LogAgain = TimeSpan.FromMinutes(1);

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
    private long? _loggedAt;
    private volatile string _epoch = "";
    private volatile string? _lineage;

    /// <summary>The nodes that were in the log when this one looked last.</summary>
    private volatile string[] _nodes = [];
    private volatile IReadOnlyDictionary<string, DatabaseHistory> _databases = ReadOnlyDictionary<string, DatabaseHistory>.Empty;

    /// <summary>What was seen of each database last.</summary>
    private readonly ConcurrentDictionary<string, Sighting> _seen = new(StringComparer.Ordinal);

    /// <summary>The databases that this node has told of in this lineage of the log, and was not refused with.</summary>
    private readonly HashSet<string> _accepted = new(StringComparer.Ordinal);

    private TaskCompletionSource _asked = NewSignal();
    private volatile string? _foreign;
    private volatile bool _isUntold;
    private bool _asksWhenJoined;
    private volatile bool _isLeaving;
    private volatile bool _isIncomplete;
    private long _heard;
    private long _skew;

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
        _outgoing = new(_options.MaxQueuedChangesets, _options.MaxQueuedBytes, metrics, time);
        Hear();
    }

    public string Epoch => _epoch;

    public Position Begin => _log.Begin;

    public Position Head => _log.Head;

    /// <summary>The log is of another database than this node's, or may be: nothing that is in it is for this node's readers.</summary>
    private bool IsStray => _isUntold || _foreign is not null;

    /// <summary>This node where it says that it is there; empty where it is not to be missed.</summary>
    private string Self => _isLeaving || _foreign is not null ? "" : _node;

    /// <summary>By how much Redis's clock is ahead of this node's.</summary>
    public TimeSpan Skew => TimeSpan.FromTicks(Volatile.Read(ref _skew));

    /// <summary>A node that has not been there for so long is gone.</summary>
    internal TimeSpan NodeTimeout { get; set; } = TimeSpan.FromSeconds(15);

    public TransactionId Horizon => _log.Horizon;

    /// <summary>Heard is who can read the log and write into it: what waits for long is missing in what this node's readers see, too.</summary>
    public DateTimeOffset? SilentSince
    {
        get
        {
            var silence = _time.GetElapsedTime(Volatile.Read(ref _heard));
            var delay = _outgoing.Delay;
            silence = delay > silence ? delay : silence;
            return silence >= Silence || IsStray ? _time.GetUtcNow() - silence : null;
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
        catch (Exception e) when (e is RedisFaultException or AnotherLogException)
        {
            await LetGoAsync(first);
            first = null;
            if (!_options.StartWithoutRedis)
            {
                throw new InvalidOperationException(
                    $"LiveHub cannot start: {e.Message} To start without it, degraded until it is there, set {nameof(RedisOptions)}.{nameof(RedisOptions.StartWithoutRedis)}.", e);
            }

            // Nothing was ever heard: that is no silence that has to last before it counts.
            Volatile.Write(ref _heard, _time.GetTimestamp() - (long)(Silence.TotalSeconds * _time.TimestampFrequency));
            LogAway(e);
            _asksWhenJoined = true;
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

    public void Observe(DatabaseHistory seen, bool isAnother)
    {
        var sighting = new Sighting(seen, isAnother);
        _seen[seen.Database] = sighting;
        Send(new(Changeset: null, _lineage, sighting));
    }

    public void Append(Changeset changeset) => Send(new(changeset.SizeBytes <= MaxChangesetBytes ? changeset : Doubt(changeset), _lineage));

    public void EndIncomplete() => _isIncomplete = true;

    public async Task WaitUntilAskedAsync(CancellationToken cancellationToken)
    {
        await Volatile.Read(ref _asked).Task.WaitAsync(cancellationToken);
        Volatile.Write(ref _asked, NewSignal());
    }

    public async ValueTask<Position> ReadHeadAsync(TransactionId shown, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_options.CommandTimeout);
        Exception? fault = null;
        try
        {
            while (true)
            {
                var link = await Volatile.Read(ref _joined).Task.WaitAsync(patience.Token);
                try
                {
                    await (await Task.WhenAny(_outgoing.FlushAsync(), link.Ended).WaitAsync(patience.Token));
                    var state = await LookAsync(link, node: "", shown).WaitAsync(patience.Token);
                    if (state.Epoch == _epoch && !IsStray)
                    {
                        return state.Head;
                    }
                }
                catch (Exception e) when (e is RedisFaultException or AnotherLogException)
                {
                    // Another link comes soon, or this was the last try.
                    fault = e;
                }

                await Task.Delay(MinDelay, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw _foreign is { } foreign
                ? new ForeignLogException(foreign)
                : new BackplaneSilentException($"Nothing was heard of the log for {_options.CommandTimeout.TotalSeconds} s. {fault?.Message}", fault);
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
            if (_foreign is not null)
            {
                // What it has saved belongs into no log, and it has left.
                return;
            }

            await Task.WhenAny(_outgoing.FlushAsync(), link.Ended).WaitAsync(TimeToFlush);
            if (_outgoing.HasAllSent && !_isIncomplete)
            {
                // From here on no beat says that it is there.
                _isLeaving = true;
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

    private void Ask() => Volatile.Read(ref _asked).TrySetResult();

    private void Hear() => Volatile.Write(ref _heard, _time.GetTimestamp());

    private static ulong RandomTag() => (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue);

    private static TaskCompletionSource<RedisLink> NewJoined() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
