using LiveHub.Routing;

namespace LiveHub.Hubs;

/// <summary>What one connection waits to have read: what was asked for, in that order, and what was invalidated.</summary>
internal sealed class SnapshotRequests(Router router, Subscriptions subscriptions, InvalidatedShapes invalidated, Ending ending)
{
    private const int MinPrune = 64;

    private readonly LinkedList<SnapshotRequest> _asked = new();
    private bool _isReading;
    private bool _isLongOnItsWay;
    private bool _readAgainAlone;
    private int _pruneAt = MinPrune;

    public int Count
    {
        get
        {
            lock (_asked)
            {
                return _asked.Count;
            }
        }
    }

    public void Add(SnapshotRequest request)
    {
        lock (_asked)
        {
            _asked.AddLast(request);
            if (_asked.Count > _pruneAt)
            {
                Prune();
            }
        }
    }

    /// <summary>Asks for something once more, before anything else: it was read in vain.</summary>
    /// <param name="request">What of it was asked for.</param>
    /// <param name="againAlone">Whether what was invalidated is read before it, and not along with it.</param>
    public void AddAgain(SnapshotRequest request, bool againAlone)
    {
        lock (_asked)
        {
            _readAgainAlone |= againAlone;
            foreach (var subscription in request.Asked.Where(s => !s.Member.HasEntered))
            {
                subscription.Member.ReadAt = long.MaxValue;
            }

            // What was read already would be of no more use than now.
            _asked.AddFirst(request with { Again = [], NotBefore = router.Routed.Offset });
        }
    }

    /// <summary>Whether nobody takes from them yet. Whoever begins goes on until <see cref="Next"/> has nothing more.</summary>
    public bool TryBegin()
    {
        lock (_asked)
        {
            return !_isReading && (_isReading = true);
        }
    }

    /// <summary>Whether nothing long is on its way yet.</summary>
    public bool TryBeginLong()
    {
        lock (_asked)
        {
            return !_isLongOnItsWay && (_isLongOnItsWay = true);
        }
    }

    public void EndLong()
    {
        lock (_asked)
        {
            _isLongOnItsWay = false;
        }
    }

    /// <summary>What is to be read next; null where nothing is.</summary>
    public SnapshotRequest? Next()
    {
        lock (_asked)
        {
            var again = invalidated.Find(out var last);
            var request = again.Count > 0 && _readAgainAlone ? null : TakeAsked();
            _readAgainAlone = false;
            _isReading = !ending.HasEnded && (request is not null || again.Count > 0);
            return !_isReading ? null
                : request is null ? new([], null, again, last)
                : request with { Again = again, NotBefore = Math.Max(request.NotBefore, last) };
        }
    }

    /// <summary>The next that was asked for and is still wanted. One that is long waits for the one that is on its way, and all others wait with it: each might be as long.</summary>
    private SnapshotRequest? TakeAsked()
    {
        while (_asked.First?.Value is { } first && !(first.IsLong && _isLongOnItsWay))
        {
            _asked.RemoveFirst();
            if (Wanted(first) is { } request)
            {
                // From here on it can miss an invalidation.
                var routed = router.Routed.Offset;
                foreach (var asked in request.Asked)
                {
                    asked.Member.ReadAt = Math.Min(asked.Member.ReadAt, routed);
                }

                return request;
            }
        }

        return null;
    }

    /// <summary>What of a request is still open.</summary>
    private SnapshotRequest? Wanted(SnapshotRequest request)
    {
        var asked = Open(request.Asked);
        var resumed = request.Resumed is { } all && Open(all.Subscriptions) is { Count: > 0 } open ? all with { Subscriptions = open } : null;
        return asked.Count > 0 || resumed is not null ? request with { Asked = asked, Resumed = resumed } : null;
    }

    private List<OpenSubscription> Open(IReadOnlyList<OpenSubscription> all) => [.. all.Where(s => subscriptions.IsOpen(s.Id, s.Member))];

    /// <summary>Who opens and closes over and over while a snapshot is read leaves nothing behind; no more waits than subscriptions are open.</summary>
    private void Prune()
    {
        for (var node = _asked.First; node is not null;)
        {
            var next = node.Next;
            if (Wanted(node.Value) is null)
            {
                _asked.Remove(node);
            }

            node = next;
        }

        _pruneAt = MinPrune + (2 * _asked.Count);
    }
}
