using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;

namespace LiveHub.Redis;

/// <summary>What this node has to bring into the log, in order. It is bounded: what is saved while Redis is away for long is given up as a whole.</summary>
/// <param name="maxCount">Changesets that may wait.</param>
/// <param name="maxBytes">Bytes that they may take, estimated.</param>
/// <param name="metrics">Where what waits is counted.</param>
internal sealed class OutgoingQueue(int maxCount, long maxBytes, LiveHubMetrics metrics)
{
    private readonly Lock _lock = new();
    private readonly Queue<Outgoing> _waiting = new();
    private readonly List<(long Through, TaskCompletionSource Sent)> _flushes = [];
    private TaskCompletionSource _added = NewSignal();
    private long _bytes;
    private long _addedCount;
    private long _sentCount;
    private bool _isLost;

    /// <summary>How many changesets wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Adds one to the end.</summary>
    /// <returns>False where there are too many now: they are all given up, and so is whatever comes until <see cref="TakeLoss"/>.</returns>
    public bool Add(Outgoing outgoing)
    {
        TaskCompletionSource signal;
        bool isTooMuch;
        lock (_lock)
        {
            _addedCount++;
            metrics.Unsent(1);
            _waiting.Enqueue(outgoing);
            _bytes += outgoing.SizeBytes;
            isTooMuch = !_isLost && (_waiting.Count > maxCount || (_bytes > maxBytes && _waiting.Count > 1));
            _isLost |= isTooMuch;
            if (_isLost)
            {
                Drop(_waiting.Count);
            }

            signal = _added;
            _added = NewSignal();
        }

        signal.TrySetResult();
        return !isTooMuch;
    }

    /// <summary>The first ones, which stay until they are sent; waits for one.</summary>
    public async Task<IReadOnlyList<Outgoing>> PeekAsync(int maxCount, long maxBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task added;
            lock (_lock)
            {
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
        lock (_lock)
        {
            var count = 0;
            foreach (var outgoing in _waiting)
            {
                if (count == sent.Count || outgoing != sent[count])
                {
                    break;
                }

                count++;
            }

            Drop(count);
        }
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

            var flush = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _flushes.Add((_addedCount, flush));
            return flush.Task;
        }
    }

    /// <summary>Whether some were given up. From here on what is added is kept again.</summary>
    public bool TakeLoss()
    {
        lock (_lock)
        {
            var isLost = _isLost;
            _isLost = false;
            return isLost;
        }
    }

    /// <summary>They are not made good yet.</summary>
    public void MarkLoss()
    {
        lock (_lock)
        {
            _isLost = true;
            Drop(_waiting.Count);
        }
    }

    private List<Outgoing> Peek(int count, long maxBytes)
    {
        var first = new List<Outgoing>(Math.Min(count, _waiting.Count));
        foreach (var outgoing in _waiting)
        {
            if (first.Count == count || (first.Count > 0 && (maxBytes -= outgoing.SizeBytes) < 0))
            {
                break;
            }

            first.Add(outgoing);
        }

        return first;
    }

    private void Drop(int count)
    {
        metrics.Unsent(-count);
        for (; count > 0; count--, _sentCount++)
        {
            _bytes -= _waiting.Dequeue().SizeBytes;
        }

        _flushes.RemoveAll(f => f.Through <= _sentCount && f.Sent.TrySetResult());
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
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
