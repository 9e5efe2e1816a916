using LiveHub.Diagnostics;

namespace LiveHub.Routing;

/// <summary>
/// What waits for one connection: row diffs and invalidations from the router. Nobody who fills it ever waits; whoever takes from it takes no more than is
/// routed, and so whole changesets only. Where more than the limit gathers, all is dropped, and nothing taken in until whoever writes looks: what was dropped is in the log.
/// </summary>
/// <param name="maxRows">How many rows may wait.</param>
/// <param name="writer">Writes what waits.</param>
/// <param name="metrics">Hears what waits.</param>
internal sealed class SendQueue(int maxRows, IQueueWriter writer, LiveHubMetrics metrics)
{
    private readonly Lock _lock = new();
    private readonly List<RoutedInvalidation> _invalidations = [];
    private Deliveries _rows = new();
    private long _bytes;
    private bool _isClosed;
    private bool _hasOverflowed;

    /// <summary>The changeset that came last.</summary>
    private long _offset = -1;

    /// <summary>Whether something waited already when it came: it is not refused for its own size.</summary>
    private bool _waited;

    private int Waiting => _rows.Count + _invalidations.Count;

    /// <summary>Whether it is to be flushed. For the router alone.</summary>
    public bool IsDue { get; set; }

    /// <summary>How many diffs were added since it was flushed. For the router alone.</summary>
    public int Unflushed { get; private set; }

    /// <summary>Adds a diff of the changeset that is being routed. For the router alone.</summary>
    /// <returns>Whether it is the first of its changeset.</returns>
    public bool Add(Delivery delivery)
    {
        bool isFirst;
        lock (_lock)
        {
            isFirst = Begin(delivery.Change.Position.Offset);
            if (HasRoom())
            {
                _rows.Add(delivery);
                Count(delivery.Change.Change.SizeBytes);
            }
        }

        Unflushed++;
        return isFirst;
    }

    /// <summary>Adds an invalidation of the changeset that is being routed, once for all the connection's shapes. For the router alone.</summary>
    /// <returns>Whether it is the first of its changeset.</returns>
    public bool Add(RoutedInvalidation invalidation)
    {
        lock (_lock)
        {
            if (_invalidations.Count > 0 && ReferenceEquals(_invalidations[^1], invalidation))
            {
                return false;
            }

            var isFirst = Begin(invalidation.Position.Offset);
            if (HasRoom())
            {
                _invalidations.Add(invalidation);
            }

            return isFirst;
        }
    }

    /// <summary>Has what waits written.</summary>
    /// <param name="here">On the caller's thread, where nobody writes already.</param>
    public void Flush(bool here)
    {
        Unflushed = 0;
        writer.Flush(here);
    }

    /// <summary>Takes the diffs that wait, up to an offset that is routed, in exchange for an empty list: those of changesets before the first invalidation.</summary>
    /// <returns>Null where the queue has overflowed: see <see cref="Reopen"/>.</returns>
    /// <exception cref="QueueClosedException">It is closed: what waited is gone, and the client must not be told that it has come so far.</exception>
    public Deliveries? Take(Deliveries empty, long through)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                throw new QueueClosedException();
            }

            if (_hasOverflowed)
            {
                return null;
            }

            var last = _invalidations.Count == 0 ? through : Math.Min(through, _invalidations[0].Position.Offset - 1);
            var count = _rows.CountThrough(last);
            if (count == _rows.Count)
            {
                (var all, _rows) = (_rows, empty);
                Count(-_bytes);
                return all;
            }

            empty.AddRange(_rows.Span[..count]);
            Count(-empty.SizeBytes);
            _rows.RemoveFirst(count);
            return empty;
        }
    }

    /// <summary>The invalidations that wait, up to an offset that is routed, in the order of the log.</summary>
    public IReadOnlyList<RoutedInvalidation> Invalidations(long through)
    {
        lock (_lock)
        {
            return _invalidations.Count == 0 ? [] : [.. _invalidations.TakeWhile(i => i.Position.Offset <= through)];
        }
    }

    /// <summary>The invalidations up to an offset hold nothing up any longer.</summary>
    public void Settle(long through)
    {
        lock (_lock)
        {
            var later = _invalidations.FindIndex(i => i.Position.Offset > through);
            _invalidations.RemoveRange(0, later < 0 ? _invalidations.Count : later);
        }
    }

    /// <summary>After an overflow takes in again what is routed from here on.</summary>
    public void Reopen()
    {
        lock (_lock)
        {
            _hasOverflowed = false;
        }
    }

    /// <summary>Of what was dropped, invalidations that are still to be heeded; they came before anything that has been taken in since.</summary>
    public void PutBack(IEnumerable<RoutedInvalidation> invalidations)
    {
        lock (_lock)
        {
            _invalidations.InsertRange(0, invalidations);
        }
    }

    /// <summary>The connection cannot go on: it is to begin anew.</summary>
    public void GiveUp(string reason)
    {
        Close();
        writer.GiveUp(reason);
    }

    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            Clear();
        }
    }

    /// <returns>Whether it is another changeset than the one before.</returns>
    private bool Begin(long offset)
    {
        if (offset == _offset)
        {
            return false;
        }

        _offset = offset;
        _waited = Waiting > 0;
        return true;
    }

    /// <summary>Whether one more is taken in; where it is too much, all is let go.</summary>
    private bool HasRoom()
    {
        if (_waited && Waiting >= maxRows)
        {
            Clear();
            _hasOverflowed = true;
            metrics.Overflowed();
        }

        return !_isClosed && !_hasOverflowed;
    }

    private void Count(long bytes)
    {
        if (bytes != 0)
        {
            _bytes += bytes;
            metrics.Waits(bytes);
        }
    }

    private void Clear()
    {
        _rows.Clear();
        Count(-_bytes);
        _invalidations.Clear();
    }
}
