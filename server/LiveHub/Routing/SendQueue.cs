namespace LiveHub.Routing;

/// <summary>
/// What waits for one connection: row diffs from the router, whole changesets only, and whole messages from elsewhere. Nobody who
/// fills it ever waits. A connection that lets more than the limit gather is given up: the log has no hold on it, fresh snapshots do.
/// </summary>
internal sealed class SendQueue(int maxRows, Action<SendQueue> onReady, Action<SendQueue> onOverflow)
{
    private const int KeptCapacity = 64;

    private readonly Lock _lock = new();
    private readonly List<Delivery> _staged = [];
    private List<Delivery> _rows = [];
    private bool _isClosed;

    /// <summary>Adds a diff to the changeset that is being routed. For the router alone.</summary>
    /// <returns>Whether it is the first of its changeset.</returns>
    public bool Stage(Delivery delivery)
    {
        _staged.Add(delivery);
        return _staged.Count == 1;
    }

    /// <summary>The changeset is routed whole: what was staged is ready to be sent. For the router alone.</summary>
    public void Publish()
    {
        bool overflows;
        lock (_lock)
        {
            overflows = !_isClosed && _rows.Count > 0 && _rows.Count + _staged.Count > maxRows;
            if (overflows)
            {
                _isClosed = true;
                _rows = [];
            }
            else if (!_isClosed)
            {
                _rows.AddRange(_staged);
            }
        }

        Unstage();
        if (overflows)
        {
            onOverflow(this);
        }
        else
        {
            onReady(this);
        }
    }

    /// <summary>Forgets what was staged. For the router alone.</summary>
    public void Unstage()
    {
        _staged.Clear();
        if (_staged.Capacity > KeptCapacity)
        {
            _staged.Capacity = KeptCapacity;
        }
    }

    /// <summary>Takes all that waits, in exchange for an empty list.</summary>
    public List<Delivery> Take(List<Delivery> empty)
    {
        lock (_lock)
        {
            (var taken, _rows) = (_rows, empty);
            return taken;
        }
    }

    /// <summary>Gives the connection up from outside, as an overflow does.</summary>
    public void GiveUp()
    {
        Close();
        onOverflow(this);
    }

    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            _rows = [];
        }
    }
}
