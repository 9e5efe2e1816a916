using System.Buffers;

namespace LiveHub.Routing;

/// <summary>
/// Diffs in the order in which they were routed. In a burst thousands wait for each connection: the array for more than a few is rented, and given back when
/// they are gone.
/// </summary>
internal sealed class Deliveries
{
    private const int Few = 4;

    private Delivery[] _items = [];

    public int Count { get; private set; }

    public Span<Delivery> Span => _items.AsSpan(0, Count);

    /// <summary>About what they take in memory, in bytes.</summary>
    public long SizeBytes
    {
        get
        {
            long bytes = 0;
            foreach (var delivery in Span)
            {
                bytes += delivery.Change.Change.SizeBytes;
            }

            return bytes;
        }
    }

    public void Add(Delivery delivery)
    {
        Reserve(Count + 1);
        _items[Count++] = delivery;
    }

    public void AddRange(ReadOnlySpan<Delivery> deliveries)
    {
        Reserve(Count + deliveries.Length);
        deliveries.CopyTo(_items.AsSpan(Count));
        Count += deliveries.Length;
    }

    /// <summary>How many of the first are of changesets up to an offset.</summary>
    public int CountThrough(long offset)
    {
        if (Count == 0 || Span[^1].Change.Position.Offset <= offset)
        {
            return Count;
        }

        var count = 0;
        while (Span[count].Change.Position.Offset <= offset)
        {
            count++;
        }

        return count;
    }

    public void RemoveFirst(int count)
    {
        Span[count..].CopyTo(_items);
        Span[(Count - count)..].Clear();
        Count -= count;
    }

    public void Clear()
    {
        Span.Clear();
        Count = 0;
        if (_items.Length > Few)
        {
            ArrayPool<Delivery>.Shared.Return(_items);
            _items = [];
        }
    }

    private void Reserve(int count)
    {
        if (count <= _items.Length)
        {
            return;
        }

        var larger = count <= Few ? new Delivery[Few] : ArrayPool<Delivery>.Shared.Rent(Math.Max(count, 2 * _items.Length));
        var gone = _items;
        Span.CopyTo(larger);
        Span.Clear();
        _items = larger;
        if (gone.Length > Few)
        {
            ArrayPool<Delivery>.Shared.Return(gone);
        }
    }
}
