using System.Collections;

namespace Microsoft.ML.Data;

/// <summary>The value of a vector column: dense, or sparse with sorted indices. Its arrays may be longer than the vector and are reused.</summary>
public readonly struct VBuffer<T> : IEnumerable
{
    private readonly T[] _values;
    private readonly int[] _indices;
    private readonly int _count;

    public readonly int Length;

    public VBuffer(int length, T[] values, int[] indices = null)
    {
        Checks.Param(length >= 0, nameof(length));
        Checks.Param((values?.Length ?? 0) >= length, nameof(values));
        (Length, _count, _values, _indices) = (length, length, values, indices);
    }

    public VBuffer(int length, int count, T[] values, int[] indices)
    {
        Checks.Param(length >= 0, nameof(length));
        Checks.Param(0 <= count && count <= length, nameof(count));
        Checks.Param((values?.Length ?? 0) >= count, nameof(values));
        Checks.Param(count == length || (indices?.Length ?? 0) >= count, nameof(indices));
        (Length, _count, _values, _indices) = (length, count, values, indices);
    }

    public bool IsDense => _count == Length;

    public ReadOnlySpan<T> GetValues() => _values.AsSpan(0, _count);

    public ReadOnlySpan<int> GetIndices() => IsDense ? default : _indices.AsSpan(0, _count);

    public void CopyToDense(ref VBuffer<T> destination)
    {
        var editor = VBufferEditor.Create(ref destination, Length);
        CopyTo(editor.Values);
        destination = editor.Commit();
    }

    public void CopyTo(ref VBuffer<T> destination)
    {
        var editor = VBufferEditor.Create(ref destination, Length, _count);
        GetValues().CopyTo(editor.Values);
        if (!IsDense)
            GetIndices().CopyTo(editor.Indices);
        destination = editor.Commit();
    }

    public void CopyTo(ref VBuffer<T> destination, int sourceIndex, int length)
    {
        Checks.Param(0 <= sourceIndex && sourceIndex <= Length, nameof(sourceIndex));
        Checks.Param(0 <= length && sourceIndex <= Length - length, nameof(length));

        int first = sourceIndex, end = sourceIndex + length;
        if (!IsDense)
            (first, end) = (Lower(sourceIndex), Lower(sourceIndex + length));
        var editor = VBufferEditor.Create(ref destination, length, end - first);
        GetValues()[first..end].CopyTo(editor.Values);
        if (end - first < length)
            for (int i = first; i < end; i++)
                editor.Indices[i - first] = _indices[i] - sourceIndex;
        destination = editor.Commit();
    }

    public void CopyTo(Span<T> destination) => CopyTo(destination, 0);

    public void CopyTo(Span<T> destination, int destinationIndex, T defaultValue = default)
    {
        Checks.Param(0 <= destinationIndex && destinationIndex <= destination.Length - Length, nameof(destination), "Not large enough to hold these values.");
        var target = destination.Slice(destinationIndex, Length);
        if (IsDense)
        {
            GetValues().CopyTo(target);
            return;
        }
        // Without any explicit value the packages write T's default, whatever defaultValue is.
        target.Fill(_count == 0 ? default : defaultValue);
        for (int i = 0; i < _count; i++)
            target[_indices[i]] = _values[i];
    }

    public static void Copy(T[] source, int sourceIndex, ref VBuffer<T> destination, int length)
    {
        int size = source?.Length ?? 0;
        Checks.Param(0 <= length && length <= size, nameof(length));
        Checks.Param(0 <= sourceIndex && sourceIndex <= size - length, nameof(sourceIndex));
        var editor = VBufferEditor.Create(ref destination, length, length);
        source.AsSpan(sourceIndex, length).CopyTo(editor.Values);
        destination = editor.Commit();
    }

    public IEnumerable<KeyValuePair<int, T>> Items(bool all = false)
    {
        var (values, indices, count, length) = (_values, _indices, _count, Length);
        return count == length || all
            ? Dense(values, indices, count, length).Select((value, i) => KeyValuePair.Create(i, value))
            : Enumerable.Range(0, count).Select(i => KeyValuePair.Create(indices[i], values[i]));
    }

    public IEnumerable<T> DenseValues() => Dense(_values, _indices, _count, Length);

    public void GetItemOrDefault(int index, ref T destination) => destination = GetItemOrDefault(index);

    public T GetItemOrDefault(int index)
    {
        Checks.Param(0 <= index && index < Length, nameof(index));
        if (IsDense)
            return _values[index];
        int found = Lower(index);
        return found < _count && _indices[found] == index ? _values[found] : default;
    }

    /// <summary>Enumerates the values' array.</summary>
    public IEnumerator GetEnumerator() => _values.GetEnumerator();

    public override string ToString() =>
        IsDense ? $"Dense vector of size {Length}" : $"Sparse vector of size {Length}, {_count} explicit values";

    internal VBufferEditor<T> Edit(int length, int? valuesCount, int? maxCapacity, bool keepOld, bool requireIndices)
    {
        Checks.Param(length >= 0, "newLogicalLength", "Must be non-negative.");
        Checks.Param(valuesCount is null or >= 0, nameof(valuesCount), "If specified, must be non-negative.");
        Checks.Param(valuesCount is null || valuesCount <= length, nameof(valuesCount), "If specified, must be no greater than newLogicalLength");

        int count = valuesCount ?? length;
        int limit = maxCapacity ?? Array.MaxLength;
        var (values, indices) = (_values, _indices);
        bool newValues = Grow(ref values, count, limit, keepOld);
        bool newIndices = (count < length || requireIndices) && Grow(ref indices, count, limit, keepOld);
        return new VBufferEditor<T>(length, count, values, indices, requireIndices, newValues, newIndices);
    }

    internal VBufferEditor<T> Edit() => Edit(Length, _count, null, keepOld: false, requireIndices: false);

    private static bool Grow<TItem>(ref TItem[] array, int size, int limit, bool keepOld)
    {
        if (size > limit)
            throw new ArgumentOutOfRangeException("max", "min must not exceed max");
        int old = array?.Length ?? 0;
        if (old >= size)
            return false;
        int capacity = (int)Math.Max(size, Math.Min(limit, old == 0 ? 4L : 2L * old));
        if (keepOld && old > 0)
            Array.Resize(ref array, capacity);
        else
            array = new TItem[capacity];
        return true;
    }

    private int Lower(int index)
    {
        int at = _indices.AsSpan(0, _count).BinarySearch(index);
        return at < 0 ? ~at : at;
    }

    private static IEnumerable<T> Dense(T[] values, int[] indices, int count, int length)
    {
        if (count == length)
        {
            for (int i = 0; i < length; i++)
                yield return values[i];
            yield break;
        }
        for (int slot = 0, next = 0; slot < length; slot++)
            yield return next < count && indices[next] == slot ? values[next++] : default;
    }
}
