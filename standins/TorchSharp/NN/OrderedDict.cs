using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.Utils;

/// <summary>A dictionary that keeps its entries in the order in which they were added.</summary>
public class OrderedDict<TKey, TValue> : IDictionary<TKey, TValue>, IList<(TKey, TValue)> where TKey : notnull
{
    private readonly Dictionary<TKey, TValue> values = [];
    private readonly List<(TKey, TValue)> order = [];

    public int Count => order.Count;
    public bool IsReadOnly => false;
    public ICollection<TKey> Keys => order.ConvertAll(e => e.Item1);
    public ICollection<TValue> Values => order.ConvertAll(e => e.Item2);

    public TValue this[TKey key]
    {
        get => values[key];
        set
        {
            int at = order.FindIndex(e => e.Item1.Equals(key));
            if (at < 0) order.Add((key, value));
            else order[at] = (key, value);
            values[key] = value;
        }
    }

    public (TKey, TValue) this[int index]
    {
        get => order[index];
        set
        {
            values.Remove(order[index].Item1);
            order[index] = value;
            values[value.Item1] = value.Item2;
        }
    }

    public IEnumerable<TKey> keys() => Keys;
    public IEnumerator<(TKey, TValue)> items() => GetEnumerator();

    public void Add(TKey key, TValue value)
    {
        values.Add(key, value);
        order.Add((key, value));
    }

    public void Add((TKey, TValue) item) => Add(item.Item1, item.Item2);
    public void Add(KeyValuePair<TKey, TValue> item) => Add(item.Key, item.Value);

    internal bool TryAdd(TKey key, TValue value)
    {
        if (!values.TryAdd(key, value)) return false;
        order.Add((key, value));
        return true;
    }

    public void clear() => Clear();

    public void Clear()
    {
        values.Clear();
        order.Clear();
    }

    public bool ContainsKey(TKey key) => values.ContainsKey(key);
    public bool Contains((TKey, TValue) item) => order.Contains(item);
    public bool Contains(KeyValuePair<TKey, TValue> item) => order.Contains((item.Key, item.Value));
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => values.TryGetValue(key, out value);
    public int IndexOf((TKey, TValue) item) => order.IndexOf(item);

    public void Insert(int index, (TKey, TValue) item)
    {
        values.Add(item.Item1, item.Item2);
        order.Insert(index, item);
    }

    public bool Remove(TKey key) => values.Remove(key) && order.RemoveAll(e => e.Item1.Equals(key)) > 0;
    public bool Remove((TKey, TValue) item) => Remove(item.Item1);
    public bool Remove(KeyValuePair<TKey, TValue> item) => Remove(item.Key);
    public void RemoveAt(int index) => Remove(order[index].Item1);

    public void CopyTo((TKey, TValue)[] array, int arrayIndex) => order.CopyTo(array, arrayIndex);

    public void CopyTo(KeyValuePair<TKey, TValue>[] array, int arrayIndex)
    {
        foreach ((TKey key, TValue value) in order) array[arrayIndex++] = new(key, value);
    }

    public IEnumerator<(TKey, TValue)> GetEnumerator() => order.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() =>
        order.Select(e => new KeyValuePair<TKey, TValue>(e.Item1, e.Item2)).GetEnumerator();
}
