namespace LiveHub.Hubs;

/// <summary>What many threads leave and one takes, in the order in which it came.</summary>
internal sealed class Inbox<T>
{
    /// <summary>Nobody adds to it.</summary>
    private static readonly List<T> Nothing = [];

    private readonly Lock _lock = new();
    private List<T> _items = [];

    public void Add(T item)
    {
        lock (_lock)
        {
            _items.Add(item);
        }
    }

    /// <summary>All that is there. The list is the caller's: what comes later is in another.</summary>
    public IReadOnlyList<T> Take()
    {
        lock (_lock)
        {
            if (_items.Count == 0)
            {
                return Nothing;
            }

            var all = _items;
            _items = [];
            return all;
        }
    }
}
