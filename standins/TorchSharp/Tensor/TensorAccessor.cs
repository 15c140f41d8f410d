using System.Collections;

namespace TorchSharp.Utils;

/// <summary>The elements of a CPU tensor in row-major order, whatever its strides; the accessor keeps the tensor alive.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly Tensor tensor;
    private readonly T* start;
    private readonly long[] shape;
    private readonly long[] strides;
    private readonly bool contiguous;

    internal TensorAccessor(Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU)
            throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
        this.tensor = tensor;
        start = (T*)tensor.DataPointer;
        shape = tensor.shape;
        strides = tensor.stride();
        contiguous = tensor.is_contiguous();
        Count = tensor.numel();
    }

    public long Count { get; }

    public bool IsReadOnly => false;

    public T this[params long[] indices]
    {
        get => start[Offset(indices)];
        set => start[Offset(indices)] = value;
    }

    public T[] ToArray()
    {
        var result = new T[Count];
        if (Count > 0) CopyTo(result.AsSpan());
        return result;
    }

    /// <summary>An array with the dimensions of the tensor (one element for a scalar).</summary>
    public Array ToNDArray()
    {
        if (shape.Length <= 1) return ToArray();
        T[] flat = ToArray();
        var result = Array.CreateInstance(typeof(T), shape);
        fixed (T* from = flat)
        {
            var at = new long[shape.Length];
            for (long i = 0; i < flat.LongLength; i++)
            {
                result.SetValue(from[i], at);
                for (int d = shape.Length - 1; d >= 0 && ++at[d] == shape[d]; d--) at[d] = 0;
            }
        }
        return result;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        CheckStart(tensorIndex);
        int count = (int)Math.Min(array.Length - arrayIndex, Count - tensorIndex);
        if (contiguous) new ReadOnlySpan<T>(start + tensorIndex, Math.Max(0, count)).CopyTo(array[arrayIndex..]);
        else for (int i = 0; i < count; i++) array[arrayIndex + i] = start[Translate(tensorIndex + i)];
        GC.KeepAlive(tensor);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        CheckStart(tensorIndex);
        int count = (int)Math.Min(array.Length - arrayIndex, Count - tensorIndex);
        if (contiguous) array.Slice(arrayIndex, Math.Max(0, count)).CopyTo(new Span<T>(start + tensorIndex, Math.Max(0, count)));
        else for (int i = 0; i < count; i++) start[Translate(tensorIndex + i)] = array[arrayIndex + i];
        GC.KeepAlive(tensor);
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++) yield return Read(i);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public static bool operator ==(TensorAccessor<T> left, TensorAccessor<T> right) => left.Count == right.Count && left.SequenceEqual(right);
    public static bool operator !=(TensorAccessor<T> left, TensorAccessor<T> right) => !(left == right);
    public override bool Equals(object? obj) => obj is TensorAccessor<T> other && this == other;
    public override int GetHashCode() => tensor.GetHashCode();

    public void Dispose() => GC.KeepAlive(tensor);

    internal static T ReadItemAt(Tensor tensor, long index)
    {
        tensor.ValidateType(typeof(T));
        return new TensorAccessor<T>(tensor)[index];
    }

    private T Read(long index) => start[Translate(index)];

    private void CheckStart(long index)
    {
        if (index < 0 || index >= Count) throw new ArgumentOutOfRangeException("startingIndex");
    }

    private long Offset(long[] indices)
    {
        if (indices.Length == 1)
        {
            if (indices[0] >= Count) throw new IndexOutOfRangeException();
            if (indices[0] < 0) throw new ArgumentOutOfRangeException($"{indices[0]} in a collection of {Count} elements.");
            return Translate(indices[0]);
        }
        long offset = 0;
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            if (indices[d] < 0 || indices[d] >= shape[d]) throw new IndexOutOfRangeException($"{indices[d]} >= {shape[d]} in dimension {d}.");
            offset += indices[d] * strides[d];
        }
        return offset;
    }

    private long Translate(long index)
    {
        if (contiguous) return index;
        long offset = 0;
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            (index, long at) = Math.DivRem(index, shape[d]);
            offset += at * strides[d];
        }
        return offset;
    }
}
