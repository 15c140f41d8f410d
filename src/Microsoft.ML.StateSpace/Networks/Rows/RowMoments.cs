using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>Moments over particles, each added in an order that the number of particles alone decides, whatever rows stand beside a row: LibTorch adds in an order that the whole
/// tensor's shape decides.</summary>
internal static class RowMoments
{
    // Every fourth particle goes to the same sum, for sums not to wait for one another.
    private const int Sums = 4;

    /// <summary>The mean over particles, [particle, row, d] to [row, d].</summary>
    public static Tensor Mean(Tensor values) => RowProduct.Serves(values) ? Of(values, null) : values.mean([0]);

    /// <summary>The population variance over particles, [particle, row, d] to [row, d].</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="mean">Their <see cref="Mean"/>.</param>
    public static Tensor Variance(Tensor values, Tensor mean) => RowProduct.Serves(values) ? Of(values, mean) : values.var(0, unbiased: false);

    private static Tensor Of(Tensor values, Tensor? centre)
    {
        using var scope = NewDisposeScope();
        var (inOrder, swapped) = RowPanels.InOrder(values);
        int particles = (int)values.shape[0], size = (int)values.shape[2], all = (int)values.shape[1] * size, part = swapped ? size : all;
        var result = empty([values.shape[1], size], ScalarType.Float32);
        Span<float> numbers = RowPanels.Numbers(inOrder), found = RowPanels.Numbers(result), means = centre is null ? [] : RowPanels.Numbers(centre.contiguous());
        Span<double> sums = part <= 64 ? stackalloc double[Sums * part] : new double[Sums * part];
        for (int start = 0; start < all; start += part)
        {
            var some = numbers.Slice(start * particles, part * particles);
            var to = found.Slice(start, part);
            if (centre is null && part < Vector256<float>.Count)
                FewSums(some, to);
            else
                ManySums(some, centre is null ? [] : means.Slice(start, part), sums, to);
            for (int i = 0; i < part; i++)
                to[i] /= particles;
        }
        return result.MoveToOuterDisposeScope();
    }

    // Of each number, particle by particle.
    private static void FewSums(ReadOnlySpan<float> values, Span<float> found)
    {
        int size = found.Length, whole = values.Length / (Sums * size) * Sums * size;
        for (int k = 0; k < size; k++)
        {
            double first = 0, second = 0, third = 0, fourth = 0;
            int i = k;
            for (; i < whole; i += Sums * size)
            {
                first += values[i];
                second += values[i + size];
                third += values[i + 2 * size];
                fourth += values[i + 3 * size];
            }
            first += i < values.Length ? values[i] : 0;
            second += i + size < values.Length ? values[i + size] : 0;
            third += i + 2 * size < values.Length ? values[i + 2 * size] : 0;
            found[k] = (float)(first + second + (third + fourth));
        }
    }

    private static void ManySums(ReadOnlySpan<float> values, ReadOnlySpan<float> means, Span<double> sums, Span<float> found)
    {
        int size = found.Length;
        sums.Clear();
        for (int p = 0, at = 0; at < values.Length; p = (p + 1) % Sums, at += size)
            if (means.IsEmpty)
                Add(values.Slice(at, size), sums.Slice(p * size, size));
            else
                AddSquares(values.Slice(at, size), means, sums.Slice(p * size, size));
        for (int i = 0; i < size; i++)
            found[i] = (float)(sums[i] + sums[size + i] + (sums[2 * size + i] + sums[3 * size + i]));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(ReadOnlySpan<float> values, Span<double> sums)
    {
        int i = 0;
        ref float x = ref MemoryMarshal.GetReference(values);
        ref double sum = ref MemoryMarshal.GetReference(sums);
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref x, (nuint)i));
            (Vector256.LoadUnsafe(ref sum, (nuint)i) + low).StoreUnsafe(ref sum, (nuint)i);
            (Vector256.LoadUnsafe(ref sum, (nuint)i + 4) + high).StoreUnsafe(ref sum, (nuint)i + 4);
        }
        for (; i < values.Length; i++)
            sums[i] += values[i];
    }

    private static void AddSquares(ReadOnlySpan<float> values, ReadOnlySpan<float> means, Span<double> sums)
    {
        for (int i = 0; i < values.Length; i++)
        {
            double distance = (double)values[i] - means[i];
            sums[i] += distance * distance;
        }
    }
}
