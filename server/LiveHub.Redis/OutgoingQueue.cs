using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;

namespace LiveHub.Redis;

/// <summary>What this node has to bring into the log, in order. It is bounded: what is saved while Redis is away for long is given up as a whole.</summary>
/// <param name="maxCount">Changesets that may wait.</param>
/// <param name="maxBytes">Bytes that they may take, estimated.</param>
/// <param name="metrics">Where what waits is counted.</param>
/// <param name="time">By which it waits.</param>
internal sealed class OutgoingQueue(int maxCount, long maxBytes, LiveHubMetrics metrics, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<(Outgoing Outgoing, long At)> _waiting = new();
    private readonly Queue<(long Through, TaskCompletionSource Sent)> _flushes = [];

    /// <summary>Whoever waits for something to send goes on at once, on the thread that adds it: that is sooner done than another is woken.</summary>
    private TaskCompletionSource _added = new();
    private (long Through, TaskCompletionSource Sent) _lastFlush;
    private int _count;
    private long _bytes;
    private long _addedCount;
    private long _sentCount;
    private bool _isLost;

    /// <summary>Whether nothing is still to be brought into the log, be it as what it is or as the word that everybody has to start again.</summary>
    public bool HasAllSent
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count == 0 && !_isLost;
            }
        }
    }

    /// <summary>For how long the first one has waited; zero where none does.</summary>
    public TimeSpan Delay
    {
        get
        {
            lock (_lock)
            {
                return _waiting.TryPeek(out var first) ? time.GetElapsedTime(first.At) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Adds one to the end.</summary>
    /// <returns>False where there are too many changesets now: they are all given up, and so is whatever comes until <see cref="TakeLoss"/>.</returns>
    public bool Add(Outgoing outgoing)
    {
        TaskCompletionSource signal;
        List<TaskCompletionSource>? flushed = null;
        bool isTooMuch;
        lock (_lock)
        {
            Enqueue(outgoing, time.GetTimestamp());
            isTooMuch = !_isLost && (_count > maxCount || (_bytes > maxBytes && _count > 1));
            _isLost |= isTooMuch;
            if (_isLost)
            {
                DropChangesets();
                flushed = TakeFlushed();
            }

            signal = _added;
            _added = new();
        }

        Complete(flushed);
        signal.TrySetResult();
        return !isTooMuch;
    }

    /// <summary>The first ones, which stay until they are sent; waits for one.</summary>
    /// <exception cref="AnotherLogException">Some were given up: all readers have to start again, before anything more is sent.</exception>
    public async Task<IReadOnlyList<Outgoing>> PeekAsync(int maxCount, long maxBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task added;
            lock (_lock)
            {
                if (_isLost)
                {
                    throw new AnotherLogException("More was saved than may wait.");
                }

                if (_waiting.Count > 0)
                {
                    return Peek(maxCount, maxBytes);
                }

                added = _added.Task;
            }

            await added.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The first ones are in the log, as far as they are still here.</summary>
    public void Sent(IReadOnlyList<Outgoing> sent)
    {
        List<TaskCompletionSource>? flushed;
        lock (_lock)
        {
            for (var i = 0; i < sent.Count && _waiting.TryPeek(out var first) && first.Outgoing == sent[i]; i++)
            {
                Dequeue();
            }

            flushed = TakeFlushed();
        }

        Complete(flushed);
    }

    /// <summary>Completes when all that was added by now was sent, or given up.</summary>
    public Task FlushAsync()
    {
        lock (_lock)
        {
            if (_sentCount == _addedCount)
            {
                return Task.CompletedTask;
            }

            // Whoever waits for the same shares one: they may be many, and wait for long.
            if (_lastFlush.Through < _addedCount)
            {
                _lastFlush = (_addedCount, new());
                _flushes.Enqueue(_lastFlush);
            }

            return _lastFlush.Sent.Task;
        }
    }

    /// <summary>Whether some were given up, and are not made good yet.</summary>
    public bool IsLost
    {
        get
        {
            lock (_lock)
            {
                return _isLost;
            }
        }
    }

    /// <summary>They are about to be made good: from here on what is added is kept again.</summary>
    public void TakeLoss()
    {
        lock (_lock)
        {
            _isLost = false;
        }
    }

    /// <summary>They are not made good yet.</summary>
    public void MarkLoss()
    {
        List<TaskCompletionSource>? flushed;
        lock (_lock)
        {
            _isLost = true;
            DropChangesets();
            flushed = TakeFlushed();
        }

        Complete(flushed);
    }

    private List<Outgoing> Peek(int count, long maxBytes)
    {
        var first = new List<Outgoing>(Math.Min(count, _waiting.Count));
        foreach (var (outgoing, _) in _waiting)
        {
            if (first.Count == count || (first.Count > 0 && (maxBytes -= outgoing.SizeBytes) < 0))
            {
                break;
            }

            first.Add(outgoing);
        }

        return first;
    }

    /// <summary>What was seen of a database is told all the same, and as before: it does not come again.</summary>
    private void DropChangesets()
    {
        for (var i = _waiting.Count; i > 0; i--)
        {
            var (outgoing, at) = Dequeue();
            if (outgoing.Changeset is null)
            {
                Enqueue(outgoing, at);
            }
        }
    }

    private void Enqueue(Outgoing outgoing, long at)
    {
        _waiting.Enqueue((outgoing, at));
        _addedCount++;
        _count += outgoing.Changeset is null ? 0 : 1;
        _bytes += outgoing.SizeBytes;
        metrics.Unsent(1);
    }

    private (Outgoing Outgoing, long At) Dequeue()
    {
        var first = _waiting.Dequeue();
        _sentCount++;
        _count -= first.Outgoing.Changeset is null ? 0 : 1;
        _bytes -= first.Outgoing.SizeBytes;
        metrics.Unsent(-1);
        return first;
    }

    /// <summary>Who waits goes on at once, on this thread; so not under the lock.</summary>
    private static void Complete(List<TaskCompletionSource>? flushed) => flushed?.ForEach(flush => flush.TrySetResult());

    private List<TaskCompletionSource>? TakeFlushed()
    {
        List<TaskCompletionSource>? flushed = null;
        while (_flushes.TryPeek(out var flush) && flush.Through <= _sentCount)
        {
            (flushed ??= []).Add(_flushes.Dequeue().Sent);
        }

        return flushed;
    }
}

/// <summary>What is on its way into the log: a changeset, that a database was seen, or, without both, the word that one has become another one.</summary>
/// <param name="Lineage">The database's history in which it was committed, as the log names it.</param>
internal sealed record Outgoing(Changeset? Changeset, string? Lineage, Sighting? Sighting = null)
{
    /// <summary>The same one, however often it is sent.</summary>
    public ulong Tag { get; } = (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue);

    public long SizeBytes => Changeset?.SizeBytes ?? 64;

    public bool Equals(Outgoing? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Tag.GetHashCode();
}

/// <param name="Database">What was seen; its lineage is the one in which the node knew it.</param>
/// <param name="IsAnother">The node knew it as another one.</param>
internal sealed record Sighting(DatabaseHistory Database, bool IsAnother);
