using LiveHub.Diagnostics;
using LiveHub.Routing;
using LiveHub.Shapes;

namespace LiveHub.Hubs;

/// <summary>What one connection is subscribed to: its ids, and the shapes behind them.</summary>
internal sealed class Subscriptions(Router router, SendQueue queue, LiveHubMetrics metrics)
{
    private readonly Lock _lock = new();

    // Sorted lists take half of what dictionaries do, and there are two for every connection.
    private readonly SortedList<long, ShapeMember> _byId = [];
    private readonly SortedList<string, ShapeMember> _byShape = new(StringComparer.Ordinal);
    private long _filterBytes;
    private bool _isClosed;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _byId.Count;
            }
        }
    }

    /// <summary>Whether the keys and filters of one more shape fit into what a connection's may take in memory.</summary>
    public bool HasRoomFor(Shape shape, long maxBytes)
    {
        lock (_lock)
        {
            return _byShape.ContainsKey(shape.Fingerprint) || _filterBytes + shape.FilterBytes <= maxBytes;
        }
    }

    public bool Contains(long id)
    {
        lock (_lock)
        {
            return _byId.ContainsKey(id);
        }
    }

    /// <summary>Whether an id still stands for what it stood for when <paramref name="member"/> was made for it.</summary>
    public bool IsOpen(long id, ShapeMember member)
    {
        lock (_lock)
        {
            return _byId.TryGetValue(id, out var current) && current == member;
        }
    }

    /// <summary>The connection's part in every shape that it is subscribed to.</summary>
    public List<ShapeMember> Members()
    {
        lock (_lock)
        {
            return [.. _byShape.Values];
        }
    }

    /// <summary>Those whose rows the client has.</summary>
    public List<ShapeMember> Entered() => Members().FindAll(m => m.HasEntered);

    /// <summary>The ids that show a shape.</summary>
    public List<long> IdsOf(ShapeMember member)
    {
        lock (_lock)
        {
            return [.. _byId.Where(s => s.Value == member).Select(s => s.Key)];
        }
    }

    /// <param name="isFirst">Whether none of the connection's subscriptions showed the shape before.</param>
    /// <returns>The connection's part in the shape; null where the connection has ended.</returns>
    public ShapeMember? Open(long id, Shape shape, out bool isFirst)
    {
        lock (_lock)
        {
            isFirst = false;
            if (_isClosed)
            {
                return null;
            }

            if (!_byShape.TryGetValue(shape.Fingerprint, out var member))
            {
                // What is kept is the live shape's: of one that many have asked for there is one.
                member = router.Join(shape, queue);
                _byShape.Add(member.Shape.Shape.Fingerprint, member);
                _filterBytes += shape.FilterBytes;
                isFirst = true;
            }

            member.Uses++;
            _byId.Add(id, member);
            metrics.Subscribed(1);
            return member;
        }
    }

    public void Close(long id)
    {
        lock (_lock)
        {
            if (!_byId.Remove(id, out var member))
            {
                return;
            }

            metrics.Subscribed(-1);
            if (--member.Uses == 0)
            {
                _byShape.Remove(member.Shape.Shape.Fingerprint);
                _filterBytes -= member.Shape.Shape.FilterBytes;
                router.Leave(member);
            }
        }
    }

    public void CloseAll()
    {
        lock (_lock)
        {
            _isClosed = true;
            foreach (var member in _byShape.Values)
            {
                router.Leave(member);
            }

            metrics.Subscribed(-_byId.Count);
            _byId.Clear();
            _byShape.Clear();
            _filterBytes = 0;
        }
    }
}
