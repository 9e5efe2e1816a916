using System.Buffers;

namespace LiveHub.Routing;

/// <summary>
/// Diffs in the order in which they were routed. In a burst thousands wait for each connection: the array for more than a few is rented, and given back when
/// they are gone.
/// </summary>
internal sealed class Deliveries
{
    private const int Few = 16;

    private Delivery[] _items = [];

    public int Count { get; private set; }

    public Span<Delivery> Span => _items.AsSpan(0, Count);

    public void AddRange(ReadOnlySpan<Delivery> deliveries)
    {
        Reserve(Count + deliveries.Length);
        deliveries.CopyTo(_items.AsSpan(Count));
        Count += deliveries.Length;
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
