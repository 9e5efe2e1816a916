using System.Runtime.InteropServices;
using LiveHub.Diagnostics;

namespace LiveHub.Routing;

/// <summary>
/// What waits for one connection: row diffs and invalidations from the router, whole changesets only. Nobody who fills it ever
/// waits. A connection that lets more than the limit gather is given up: the log has no hold on it, fresh snapshots do.
/// </summary>
/// <param name="maxRows">How many rows may wait.</param>
/// <param name="onReady">Is to write what waits; on the caller's thread, where it says so.</param>
/// <param name="onOverflow">Is to end the connection.</param>
/// <param name="metrics">Hears what waits.</param>
internal sealed class SendQueue(int maxRows, Action<bool> onReady, Action<string> onOverflow, LiveHubMetrics metrics)
{
    private const int KeptCapacity = 16;

    private readonly Lock _lock = new();
    private readonly List<Delivery> _staged = [];
    private readonly List<RoutedInvalidation> _stagedInvalidations = [];
    private readonly List<RoutedInvalidation> _invalidations = [];
    private Deliveries _rows = new();
    private long _bytes;
    private bool _isClosed;

    /// <summary>Whether it is to be flushed. For the router alone.</summary>
    public bool IsDue { get; set; }

    /// <summary>How many diffs were staged since it was flushed. For the router alone.</summary>
    public int Unflushed { get; private set; }

    /// <summary>Adds a diff to the changeset that is being routed. For the router alone.</summary>
    /// <returns>Whether it is the first of its changeset.</returns>
    public bool Stage(Delivery delivery)
    {
        _staged.Add(delivery);
        Unflushed++;
        return _staged.Count + _stagedInvalidations.Count == 1;
    }

    /// <summary>Adds an invalidation to the changeset that is being routed, once for all the connection's shapes. For the router alone.</summary>
    /// <returns>Whether it is the first of its changeset.</returns>
    public bool StageInvalidation(RoutedInvalidation invalidation)
    {
        if (_stagedInvalidations.Count > 0 && ReferenceEquals(_stagedInvalidations[^1], invalidation))
        {
            return false;
        }

        _stagedInvalidations.Add(invalidation);
        return _staged.Count + _stagedInvalidations.Count == 1;
    }

    /// <summary>The changeset is routed whole: what was staged can be taken. For the router alone.</summary>
    public void Publish()
    {
        bool overflows;
        lock (_lock)
        {
            var waiting = _rows.Count + _invalidations.Count;
            overflows = !_isClosed && waiting > 0 && waiting + _staged.Count + _stagedInvalidations.Count > maxRows;
            if (overflows)
            {
                Clear();
            }
            else if (!_isClosed)
            {
                _rows.AddRange(CollectionsMarshal.AsSpan(_staged));
                Count(SizeOf(CollectionsMarshal.AsSpan(_staged)));
                _invalidations.AddRange(_stagedInvalidations);
            }
        }

        Unstage();
        if (overflows)
        {
            onOverflow(Resets.Slow);
        }
    }

    /// <summary>Has what waits written.</summary>
    /// <param name="here">On the caller's thread, where nobody writes already.</param>
    public void Flush(bool here)
    {
        Unflushed = 0;
        onReady(here);
    }

    /// <summary>Forgets what was staged. For the router alone.</summary>
    public void Unstage()
    {
        _stagedInvalidations.Clear();
        _staged.Clear();
        if (_staged.Capacity > KeptCapacity)
        {
            _staged.Capacity = 0;
        }
    }

    /// <summary>Takes the diffs that wait, up to an offset, in exchange for an empty list: those of changesets before the first invalidation.</summary>
    public Deliveries Take(Deliveries empty, long through = long.MaxValue)
    {
        lock (_lock)
        {
            var last = _invalidations.Count == 0 ? through : Math.Min(through, _invalidations[0].Position.Offset - 1);
            var count = CountThrough(last);
            if (count == _rows.Count)
            {
                (var all, _rows) = (_rows, empty);
                Count(-_bytes);
                return all;
            }

            empty.AddRange(_rows.Span[..count]);
            Count(-SizeOf(empty.Span));
            _rows.RemoveFirst(count);
            return empty;
        }
    }

    /// <summary>The invalidations that wait, in the order of the log.</summary>
    public IReadOnlyList<RoutedInvalidation> Invalidations()
    {
        lock (_lock)
        {
            return _invalidations.Count == 0 ? [] : [.. _invalidations];
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

    /// <summary>Gives the connection up from outside, as an overflow does.</summary>
    public void GiveUp()
    {
        Close();
        onOverflow(Resets.Log);
    }

    public void Close()
    {
        lock (_lock)
        {
            Clear();
        }
    }

    private void Count(long bytes)
    {
        if (bytes != 0)
        {
            _bytes += bytes;
            metrics.Waits(bytes);
        }
    }

    private static long SizeOf(ReadOnlySpan<Delivery> rows)
    {
        long bytes = 0;
        foreach (var row in rows)
        {
            bytes += row.Change.Change.SizeBytes;
        }

        return bytes;
    }

    private int CountThrough(long offset)
    {
        if (offset == long.MaxValue)
        {
            return _rows.Count;
        }

        var rows = _rows.Span;
        var count = 0;
        while (count < rows.Length && rows[count].Change.Position.Offset <= offset)
        {
            count++;
        }

        return count;
    }

    private void Clear()
    {
        _isClosed = true;
        _rows.Clear();
        Count(-_bytes);
        _invalidations.Clear();
    }
}
