using System.Diagnostics.Metrics;

namespace LiveHub.Diagnostics;

/// <summary>What LiveHub counts, under the meter <c>LiveHub</c>. Names are stable (docs/operations.md).</summary>
internal sealed class LiveHubMetrics
{
    public const string MeterName = "LiveHub";

    private readonly UpDownCounter<long> _connections;
    private readonly UpDownCounter<long> _subscriptions;
    private readonly UpDownCounter<long> _waiting;
    private readonly UpDownCounter<long> _spooled;
    private readonly Counter<long> _changesets;
    private readonly Counter<long> _rows;
    private readonly Counter<long> _overflows;
    private readonly Counter<long> _cuts;
    private readonly Counter<long> _filled;
    private readonly UpDownCounter<long> _unsent;
    private readonly Counter<long> _resets;
    private readonly Counter<long> _failures;
    private readonly Histogram<double> _lag;
    private readonly TimeProvider _time;
    private readonly GuardedLogger _logger;
    private int _isReported;

    public LiveHubMetrics(IMeterFactory factory, TimeProvider time, GuardedLogger<LiveHubMetrics> logger)
    {
        _time = time;
        _logger = logger;
        var meter = factory.Create(MeterName);
        _connections = meter.CreateUpDownCounter<long>("livehub.connections", "{connection}", "Clients that are connected.");
        _subscriptions = meter.CreateUpDownCounter<long>("livehub.subscriptions", "{subscription}", "What they are subscribed to.");
        _changesets = meter.CreateCounter<long>("livehub.changesets", "{changeset}", "Committed transactions that were routed.");
        _rows = meter.CreateCounter<long>("livehub.rows.sent", "{row}", "Rows and diffs of rows that were written to connections, once for each connection.");
        _waiting = meter.CreateUpDownCounter<long>("livehub.queue.bytes", "By", "What waits for connections: about what the changes take in memory, for each connection that they wait for.");
        _spooled = meter.CreateUpDownCounter<long>("livehub.spool.bytes", "By", "Rows of snapshots that are in temporary files until their readers have taken them.");
        _overflows = meter.CreateCounter<long>("livehub.overflows", "{overflow}", "Times that more changes waited for a connection than may; it was caught up from the log.");
        _cuts = meter.CreateCounter<long>("livehub.snapshots.cut", "{snapshot}", "Long snapshots of which parts were written when their connection ended; their clients begin anew.");
        _filled = meter.CreateCounter<long>("livehub.backplane.filled", "{changeset}", "Changesets that did not come from the shared log by themselves and were read from it.");
        _unsent = meter.CreateUpDownCounter<long>("livehub.backplane.unsent", "{changeset}", "Committed changesets of this node that wait for the shared log.");
        _resets = meter.CreateCounter<long>("livehub.resets", "{reset}", "Connections that were ended, so that their clients start again from snapshots.");
        _lag = meter.CreateHistogram("livehub.lag", "s", "From the moment in which a committed changeset came into the log until it was routed.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.000_1, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30] });
        _failures = meter.CreateCounter<long>(
            "livehub.failures", "{failure}", "Failures inside LiveHub. Each is logged; what it may have kept from readers, they read again.");
    }

    public void Connected(int change) => Add(_connections, change);

    public void Subscribed(int change) => Add(_subscriptions, change);

    public void Waits(long bytes) => Add(_waiting, bytes);

    public void Spooled(long bytes) => Add(_spooled, bytes);

    /// <param name="at">When the changeset came into the log.</param>
    public void Routed(DateTimeOffset at)
    {
        Add(_changesets, 1);
        if (_lag.Enabled)
        {
            try
            {
                _lag.Record(Math.Max(0, (_time.GetUtcNow() - at).TotalSeconds));
            }
            catch (Exception e)
            {
                Report(e);
            }
        }
    }

    public void Sent(int rows) => Add(_rows, rows);

    /// <summary>More changes waited for a connection than may: it is caught up from the log.</summary>
    public void Overflowed() => Add(_overflows, 1);

    /// <summary>A long snapshot was on its way when its connection ended.</summary>
    public void SnapshotCut() => Add(_cuts, 1);

    /// <summary>So many changesets did not come from the shared log by themselves.</summary>
    public void Filled(int changesets) => Add(_filled, changesets);

    /// <summary>So many more changesets of this node wait for the shared log.</summary>
    public void Unsent(int change) => Add(_unsent, change);

    /// <param name="reason">One of <see cref="Resets"/>.</param>
    public void Reset(string reason) => Add(_resets, 1, new KeyValuePair<string, object?>("livehub.reason", reason));

    /// <param name="stage">Where: one of <see cref="Stages"/>.</param>
    /// <param name="exception">Of which type (OpenTelemetry's attribute error.type).</param>
    public void Failed(string stage, Exception exception)
        => Add(_failures, 1, new KeyValuePair<string, object?>("livehub.stage", stage), new KeyValuePair<string, object?>("error.type", exception.GetType().FullName));

    // What the application listens with runs inside Add and Record. It may throw, and nothing here may end for that.
    private void Add(UpDownCounter<long> counter, long value)
    {
        try
        {
            counter.Add(value);
        }
        catch (Exception e)
        {
            Report(e);
        }
    }

    private void Add(Counter<long> counter, long value, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            counter.Add(value, tags);
        }
        catch (Exception e)
        {
            Report(e);
        }
    }

    private void Report(Exception exception)
    {
        if (Interlocked.Exchange(ref _isReported, 1) == 0)
        {
            _logger.ListenerFailed(exception);
        }
    }
}

/// <summary>Stages of a change's way, as they are counted.</summary>
internal static class Stages
{
    public const string Capture = "capture";
    public const string Backplane = "backplane";
    public const string Routing = "routing";
    public const string Snapshot = "snapshot";
    public const string Sending = "sending";
    public const string Message = "message";
}

/// <summary>Why connections are ended.</summary>
internal static class Resets
{
    /// <summary>The client did not read for so long that the log no longer reaches back to what it has.</summary>
    public const string Slow = "slow";

    /// <summary>Something was not routed, or the log is another one.</summary>
    public const string Log = "log";
}
