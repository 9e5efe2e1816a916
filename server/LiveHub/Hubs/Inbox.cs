namespace LiveHub.Hubs;

/// <summary>What many threads leave and one takes, in the order in which it came. Empty, as it is nearly always, it takes no memory.</summary>
internal sealed class Inbox<T>
{
    /// <summary>Nobody adds to it.</summary>
    private static readonly List<T> Nothing = [];

    private Item? _newest;

    public void Add(T item)
    {
        var added = new Item(item);
        do
        {
            added.Before = Volatile.Read(ref _newest);
        }
        while (Interlocked.CompareExchange(ref _newest, added, added.Before) != added.Before);
    }

    /// <summary>All that is there.</summary>
    public IReadOnlyList<T> Take()
    {
        if (Volatile.Read(ref _newest) is null)
        {
            return Nothing;
        }

        var all = new List<T>();
        for (var item = Interlocked.Exchange(ref _newest, null); item is not null; item = item.Before)
        {
            all.Add(item.Value);
        }

        all.Reverse();
        return all;
    }

    private sealed class Item(T value)
    {
        public T Value => value;

        public Item? Before { get; set; }
    }
}
