using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Shapes;

namespace LiveHub.Routing;

/// <summary>
/// Reads the log and gives every change to the queues of the connections that see it. It never waits for a client, a
/// database or the network: all it does per change is look-ups and appends. A change that comes alone, to few connections, is routed
/// on the thread that appended it, and written there for one of them: that is sooner done than another thread is woken.
/// </summary>
internal sealed class Router(IBackplane backplane, RowOrder order, LiveHubMetrics metrics, TimeProvider time, GuardedLogger<Router> logger)
{
    /// <summary>With more connections than this, nobody who appends has to route; nor with more changes in a changeset than <see cref="FewChanges"/>.</summary>
    private const int Few = 64;

    private const int FewChanges = 8;

    private readonly Lock _lock = new();
    private readonly ShapeRegistry _shapes = new();
    private readonly HashSet<SendQueue> _queues = [];
    private readonly RoutingWaits _waits = new();
    private readonly FanOut _fanOut = new();
    private readonly FlushTurn _turn = new();
    private string _epoch = backplane.Epoch;
    private bool _isRunning;
    private bool _hasRead;
    private volatile RoutedTo _routed = new(default);

    /// <summary>All entries up to here have been given to all queues that want them.</summary>
    public Position Routed => _routed.Position;

    /// <summary>The last entry that all who take part by now, and only they, have been given, or are just being told of.</summary>
    public long Given
    {
        get
        {
            lock (_lock)
            {
                return order.Last;
            }
        }
    }

    /// <summary>Whether it reads the log.</summary>
    public bool IsRunning => Volatile.Read(ref _isRunning);

    /// <summary>How many connections and live shapes there are.</summary>
    public (int Connections, int Shapes) Count()
    {
        lock (_lock)
        {
            return (_queues.Count, _shapes.Count);
        }
    }

    /// <summary>How many changesets somebody waits for.</summary>
    public int CountAwaited()
    {
        lock (_lock)
        {
            return _waits.Changesets;
        }
    }

    /// <summary>A queue that has overflowed is to take in again what is routed from here on.</summary>
    /// <returns>The offset up to which everything is in the log alone.</returns>
    public long Reopen(SendQueue queue)
    {
        lock (_lock)
        {
            queue.Reopen();
            return order.Last;
        }
    }

    public void Attach(SendQueue queue)
    {
        lock (_lock)
        {
            _queues.Add(queue);
        }
    }

    public void Detach(SendQueue queue)
    {
        lock (_lock)
        {
            _queues.Remove(queue);
        }
    }

    public ShapeMember Join(Shape shape, SendQueue queue)
    {
        // Of a thousand keys this takes a while, for which nobody else is to wait.
        var indexed = IndexedTerm.Of(shape);
        lock (_lock)
        {
            return _shapes.Join(shape, indexed, queue);
        }
    }

    public void Leave(ShapeMember member)
    {
        lock (_lock)
        {
            _shapes.Leave(member);
        }
    }

    /// <summary>Completes when <see cref="Routed"/> has reached an offset.</summary>
    public Task WaitForAsync(long offset, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Routed.Offset >= offset ? Task.CompletedTask : _waits.Add(offset).WaitAsync(cancellationToken);
        }
    }

    /// <summary>Completes with a changeset's offset when it has been routed; with a later one where that was too long ago to be remembered.</summary>
    /// <param name="isToCome">It is known to come.</param>
    /// <exception cref="TimeoutException">It has not come in that time.</exception>
    public async Task<long> WaitForAsync(ChangesetId id, bool isToCome, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Task<long> routed;
        lock (_lock)
        {
            if (order.OffsetOf(id, isToCome, backplane.Skew) is { } offset)
            {
                return offset;
            }

            routed = _waits.Add(id);
        }

        try
        {
            return await routed.WaitAsync(timeout, time, cancellationToken);
        }
        finally
        {
            lock (_lock)
            {
                _waits.Remove(id, routed);
            }
        }
    }

    /// <summary>The entries after one offset up to and with another, in the form in which they were routed; null where that is not remembered.</summary>
    public IReadOnlyList<LogEntry>? ReadRouted(long after, long through)
    {
        lock (_lock)
        {
            return order.Read(after, through);
        }
    }

    /// <summary>The invalidations among them; null where that is not remembered.</summary>
    public IReadOnlyList<RoutedInvalidation>? ReadInvalidations(long after, long through)
    {
        lock (_lock)
        {
            return order.ReadInvalidations(after, through);
        }
    }

    /// <summary>Whether everything after a position is remembered in the form in which it was routed; null where it is no position of this log.</summary>
    public bool? Remembers(Position position)
    {
        lock (_lock)
        {
            return order.Remembers(position);
        }
    }

    /// <summary>Begins where the log does, so that clients of other nodes, and of this one before it was started again, may go on from where they were.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await backplane.StartAsync(cancellationToken);
        _epoch = backplane.Epoch;
        SkipTo(backplane.Begin);
    }

    /// <summary>Routes whatever the log brings, until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        Volatile.Write(ref _isRunning, true);
        try
        {
            await RunUntilStoppedAsync(stoppingToken);
        }
        finally
        {
            Volatile.Write(ref _isRunning, false);
        }
    }

    private async Task RunUntilStoppedAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await RouteAllAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (LogTrimmedException e)
            {
                if (backplane.Epoch != _epoch)
                {
                    ForgetVersions();
                }
                else if (_hasRead)
                {
                    logger.RouterFellBehind(e);
                    metrics.Failed(Stages.Routing, e);
                }

                // First those who missed something, then the new place: who comes after that has missed nothing. What was trimmed before anything was read, nobody has
                // missed here: clients of other nodes go on from all that is left.
                GiveUpAll();
                SkipTo(_hasRead ? backplane.Head : backplane.Begin);
            }
        }
    }

    private async Task RouteAllAsync(CancellationToken stoppingToken)
    {
        await using var entries = backplane.ReadAsync(Routed.Offset, stoppingToken).GetAsyncEnumerator(stoppingToken);
        try
        {
            for (var isLent = false; ;)
            {
                var next = entries.MoveNextAsync();
                _hasRead |= !next.IsFaulted;
                var isFirst = !next.IsCompleted;
                if (isFirst)
                {
                    _turn.Flush(here: false);
                }

                if (!await next)
                {
                    return;
                }

                // After a wait, this may be the thread of whoever has appended: it is held up once at most, and not for long.
                isLent |= isFirst;
                if (isLent && (!isFirst || !IsShort(entries.Current.Changeset)))
                {
                    await Task.Yield();
                    isLent = false;
                }

                Route(entries.Current);
                if (isFirst || _turn.IsFull)
                {
                    _turn.Flush(here: isLent);
                }
            }
        }
        finally
        {
            _turn.Flush(here: false);
        }
    }

    private bool IsShort(Changeset changeset)
        => changeset.Changes.Length <= FewChanges && changeset.Invalidations.IsEmpty && Count().Connections <= Few;

    private void SkipTo(Position position)
    {
        lock (_lock)
        {
            order.SkipTo(position);
        }

        Reach(position);
    }

    private void ForgetVersions()
    {
        lock (_lock)
        {
            _epoch = backplane.Epoch;
            order.Reset();
        }
    }

    private void Route(LogEntry entry)
    {
        var activity = LiveHubActivities.Route(entry.Changeset.Trace, entry.Position.Offset, entry.Changeset.Changes.Length);
        try
        {
            lock (_lock)
            {
                _fanOut.Add(order.Place(entry), _shapes);
            }
        }
        catch (Exception e)
        {
            logger.RoutingFailed(entry.Position.Offset, e);
            metrics.Failed(Stages.Routing, e);
            activity.Fail(e);
            _fanOut.Clear();
            GiveUpAll();
        }

        Reach(entry.Position, entry.Changeset.Id);
        metrics.Routed(entry.At);
        activity?.SetTag("livehub.connections", _fanOut.Touched.Count);
        activity.End();
        _turn.Add(_fanOut.Touched, _fanOut.Diffs);
        _fanOut.Clear();
    }

    private void Reach(Position position, ChangesetId? changeset = null)
    {
        lock (_lock)
        {
            _routed = new(position);
            _waits.Reach(position.Offset, changeset);
        }
    }

    /// <summary>Some changes have not reached their readers: all start again from snapshots.</summary>
    private void GiveUpAll()
    {
        List<SendQueue> queues;
        lock (_lock)
        {
            queues = [.. _queues];
        }

        queues.ForEach(queue => queue.GiveUp(Resets.Log));
    }

    /// <summary>Swapped at once, since pumps read it without the lock.</summary>
    private sealed record RoutedTo(Position Position);
}
