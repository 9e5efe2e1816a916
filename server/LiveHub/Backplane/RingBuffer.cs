namespace LiveHub.Backplane;

/// <summary>A queue that can be read by place and grows as needed.</summary>
internal sealed class RingBuffer<T>
{
    private T[] _items = new T[16];
    private int _first;

    public int Count { get; private set; }

    public T this[int index] => (uint)index < (uint)Count
        ? _items[(_first + index) & (_items.Length - 1)]
        : throw new ArgumentOutOfRangeException(nameof(index));

    public void Add(T item)
    {
        if (Count == _items.Length)
        {
            var larger = new T[_items.Length * 2];
            for (var i = 0; i < Count; i++)
            {
                larger[i] = this[i];
            }

            _items = larger;
            _first = 0;
        }

        _items[(_first + Count++) & (_items.Length - 1)] = item;
    }

    public void RemoveFirst()
    {
        if (Count == 0)
        {
            throw new InvalidOperationException("The buffer is empty.");
        }

        _items[_first] = default!;
        _first = (_first + 1) & (_items.Length - 1);
        Count--;
    }
}
