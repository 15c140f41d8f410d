using System.Buffers;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>A growing list whose memory comes from the pool of arrays, and goes back to it.</summary>
internal sealed class PooledList<T>
{
    private const int Smallest = 256;

    private T[] _items = [];

    /// <summary>How many items there are.</summary>
    public int Count { get; private set; }

    /// <summary>The items, until the next change.</summary>
    public ReadOnlyMemory<T> Items => _items.AsMemory(0, Count);

    /// <summary>Makes room for more items at the end, which hold whatever was there: to be filled.</summary>
    public Span<T> Add(int count)
    {
        if (_items.Length - Count < count)
        {
            Grow(checked(Count + count));
        }

        var added = _items.AsSpan(Count, count);
        Count += count;
        return added;
    }

    /// <summary>Forgets the items, and keeps the memory.</summary>
    public void Clear()
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
        {
            _items.AsSpan(0, Count).Clear();
        }

        Count = 0;
    }

    /// <summary>Forgets the items, and gives the memory back.</summary>
    public void Release()
    {
        Clear();
        Exchange([]);
    }

    private void Grow(int least)
    {
        T[] larger = ArrayPool<T>.Shared.Rent(Math.Max(least, (int)Math.Clamp(2L * _items.Length, Smallest, Array.MaxLength)));
        _items.AsSpan(0, Count).CopyTo(larger);
        Exchange(larger);
    }

    private void Exchange(T[] items)
    {
        if (_items.Length > 0)
        {
            ArrayPool<T>.Shared.Return(_items, clearArray: RuntimeHelpers.IsReferenceOrContainsReferences<T>());
        }

        _items = items;
    }
}
