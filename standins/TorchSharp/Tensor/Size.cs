using System.Collections;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The shape of a tensor.</summary>
    public struct Size : IEnumerable<long>
    {
        private readonly long[] values;

        public static Size Empty = new(Array.Empty<long>());

        public Size(long[] shape) => values = (long[])shape.Clone();
        public Size(IEnumerable<long> shape) => values = shape.ToArray();
        public Size(int[] shape) => values = Array.ConvertAll(shape, i => (long)i);
        public Size(long size) => values = [size];
        public Size(int size) => values = [size];
        public Size((long, long) size) => values = [size.Item1, size.Item2];
        public Size((long, long, long) size) => values = [size.Item1, size.Item2, size.Item3];

        public readonly long[] Shape => values;
        public readonly int Length => values.Length;
        public readonly bool IsEmpty => values.Length == 0;
        public readonly bool IsScalar => values.Length == 0;
        public readonly long this[int idx] => values[idx];
        public readonly long this[long idx] => values[(int)idx];

        public readonly long numel()
        {
            long count = 1;
            foreach (long size in values) count *= size;
            return count;
        }

        public static implicit operator Size(long size) => new(size);
        public static implicit operator Size(long[] size) => new(size);
        public static implicit operator Size((long, long) size) => new(size);
        public static implicit operator Size((long, long, long) size) => new(size);
        public static Size operator +(Size left, Size right) => new(left.values.Concat(right.values));
        public static Size operator +(Size left, IEnumerable<long> right) => new(left.values.Concat(right));
        public static bool operator ==(Size left, Size right) => left.values.AsSpan().SequenceEqual(right.values);
        public static bool operator !=(Size left, Size right) => !(left == right);

        public readonly IEnumerator<long> GetEnumerator() => ((IEnumerable<long>)values).GetEnumerator();
        readonly IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
        public override readonly bool Equals(object? obj) => obj is Size other && this == other;

        public override readonly int GetHashCode()
        {
            var hash = new HashCode();
            foreach (long size in values) hash.Add(size);
            return hash.ToHashCode();
        }
    }
}
