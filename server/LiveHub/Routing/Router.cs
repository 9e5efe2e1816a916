using System.Runtime.InteropServices;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Shapes;
using Microsoft.Extensions.Logging;

namespace LiveHub.Routing;

/// <summary>
/// Reads the log and gives every change to the queues of the connections that see it. It never waits for a client, a
/// database or the network: all it does per change is look-ups and appends. A change that comes alone, to few connections, is routed
/// on the thread that appended it, and written there for one of them: that is sooner done than another thread is woken.
/// </summary>
internal sealed class Router(IBackplane backplane, RowOrder order, LiveHubMetrics metrics, TimeProvider time, ILogger<Router> logger)
{
    /// <summary>With more connections than this, nobody who appends has to route; nor with more changes in a changeset than <see cref="FewChanges"/>.</summary>
    private const int Few = 64;

    private const int FewChanges = 8;

    /// <summary>
    /// While the log has more, connections are given what was routed in turns of so many diffs, some milliseconds' work: they write less often, and more at a time.
    /// </summary>
    private const int MaxUnflushed = 131_072;

    /// <summary>One connection is not left waiting for more than this: it is far less than what may wait for it.</summary>
    private const int MaxUnflushedEach = 512;

    private readonly Lock _lock = new();
    private readonly ShapeRegistry _shapes = new();
    private readonly HashSet<SendQueue> _queues = [];
    private readonly List<LiveShape> _found = [];
    private readonly List<SendQueue> _touched = [];
    private readonly List<SendQueue> _due = [];
    private readonly List<(long Offset, TaskCompletionSource Reached)> _waiting = [];
    private readonly Dictionary<ChangesetId, List<TaskCompletionSource<long>>> _awaited = [];
    private string _epoch = backplane.Epoch;
    private bool _isRunning;
    private int _unflushed;
    private volatile RoutedTo _routed = new(default);

    /// <summary>All entries up to here have been given to all queues that want them.</summary>
    public Position Routed => _routed.Position;

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
            return _awaited.Count;
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
        lock (_lock)
        {
            return _shapes.Join(shape, queue);
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
            if (Routed.Offset >= offset)
            {
                return Task.CompletedTask;
            }

            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((offset, reached));
            return reached.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Completes with a changeset's offset when it has been routed; with a later one where that was too long ago to be remembered.</summary>
    /// <param name="isToCome">It is known to come.</param>
    /// <exception cref="TimeoutException">It has not come in that time.</exception>
    public async Task<long> WaitForAsync(ChangesetId id, bool isToCome, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var routed = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (order.OffsetOf(id, isToCome) is { } offset)
            {
                return offset;
            }

            ref var waiting = ref CollectionsMarshal.GetValueRefOrAddDefault(_awaited, id, out _);
            (waiting ??= []).Add(routed);
        }

        try
        {
            return await routed.Task.WaitAsync(timeout, time, cancellationToken);
        }
        finally
        {
            lock (_lock)
            {
                if (_awaited.TryGetValue(id, out var waiting) && waiting.Remove(routed) && waiting.Count == 0)
                {
                    _awaited.Remove(id);
                }
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

    /// <summary>Begins at the log's head: what was saved before anybody could subscribe is in every snapshot.</summary>
    public async Task SkipToHeadAsync(CancellationToken cancellationToken) => Reach(await backplane.ReadHeadAsync(cancellationToken));

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
                else
                {
                    logger.RouterFellBehind(e);
                    metrics.Failed(Stages.Routing, e);
                }

                // First those who missed something, then the new place: who comes after that has missed nothing.
                GiveUpAll();
                await SkipToHeadAsync(stoppingToken);
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
                var isFirst = !next.IsCompleted;
                if (isFirst)
                {
                    Flush(here: false);
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
                if (isFirst || _unflushed >= MaxUnflushed)
                {
                    Flush(here: isLent);
                }
            }
        }
        finally
        {
            Flush(here: false);
        }
    }

    private bool IsShort(Changeset changeset)
        => changeset.Changes.Length <= FewChanges && changeset.Invalidations.IsEmpty && Count().Connections <= Few;

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
                var placed = order.Place(entry).Changeset;
                foreach (var change in placed.Changes)
                {
                    Route(change, entry.Position, placed.Transaction);
                }

                foreach (var invalidation in placed.Invalidations)
                {
                    Invalidate(invalidation, entry.Position);
                }

                foreach (var queue in _touched)
                {
                    queue.Publish();
                }
            }
        }
        catch (Exception e)
        {
            logger.RoutingFailed(entry.Position.Offset, e);
            metrics.Failed(Stages.Routing, e);
            activity.Fail(e);
            _touched.ForEach(queue => queue.Unstage());
            _touched.Clear();
            GiveUpAll();
        }

        Reach(entry.Position, entry.Changeset.Id);
        metrics.Routed(entry.At);
        activity?.SetTag("livehub.connections", _touched.Count);
        activity.End();
        foreach (var queue in _touched)
        {
            if (!queue.IsDue)
            {
                queue.IsDue = true;
                _due.Add(queue);
            }

            if (queue.Unflushed >= MaxUnflushedEach)
            {
                queue.Flush(here: false);
            }
        }

        _touched.Clear();
    }

    /// <summary>Has everything written that was routed since the last time.</summary>
    /// <param name="here">On this thread, for one of the connections.</param>
    private void Flush(bool here)
    {
        for (var i = 0; i < _due.Count; i++)
        {
            // The others are on their way by then.
            _due[i].IsDue = false;
            _due[i].Flush(here && i == _due.Count - 1);
        }

        _due.Clear();
        _unflushed = 0;
    }

    private void Route(Change change, Position position, TransactionId? transaction)
    {
        _found.Clear();
        _shapes.Find(change, _found);
        RoutedChange? routed = null;
        foreach (var shape in _found)
        {
            var kind = Differ.Diff(shape.Shape, change);
            if (kind is DiffKind.None)
            {
                continue;
            }

            routed ??= new(change, position, transaction);
            var diff = new RowDiff(routed, shape, kind, isShared: shape.Members.Count > 1);
            _unflushed += shape.Members.Count;
            foreach (var member in shape.Members)
            {
                if (member.Queue.Stage(new(diff, member)))
                {
                    _touched.Add(member.Queue);
                }
            }
        }
    }

    /// <summary>Tells the connections that may show some of the rows; what they do about it they know themselves.</summary>
    private void Invalidate(Invalidation invalidation, Position position)
    {
        _found.Clear();
        _shapes.Find(invalidation, _found);
        var routed = new RoutedInvalidation(invalidation, position);
        foreach (var shape in _found)
        {
            if (!Differ.MayShow(shape.Shape, invalidation))
            {
                continue;
            }

            foreach (var member in shape.Members)
            {
                if (member.Queue.StageInvalidation(routed))
                {
                    _touched.Add(member.Queue);
                }
            }
        }
    }

    private void Reach(Position position, ChangesetId? changeset = null)
    {
        lock (_lock)
        {
            _routed = new(position);
            _waiting.RemoveAll(w => w.Offset <= position.Offset && w.Reached.TrySetResult());
            if (_awaited.Count > 0 && changeset is { } id && _awaited.TryGetValue(id, out var waiting))
            {
                waiting.ForEach(w => w.TrySetResult(position.Offset));
            }
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

        queues.ForEach(queue => queue.GiveUp());
    }

    /// <summary>Swapped at once, since pumps read it without the lock.</summary>
    private sealed record RoutedTo(Position Position);
}
