using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>Moments over particles, each a sum in the particles' order whatever rows stand beside a row: LibTorch adds in an order that the whole
/// tensor's shape decides.</summary>
internal static class RowMoments
{
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
        Span<double> sums = part <= 256 ? stackalloc double[part] : new double[part];
        for (int start = 0; start < all; start += part)
        {
            sums.Clear();
            for (int p = 0, at = start * particles; p < particles; p++, at += part)
                if (centre is null)
                    Add(numbers.Slice(at, part), sums);
                else
                    AddSquares(numbers.Slice(at, part), means.Slice(start, part), sums);
            for (int i = 0; i < part; i++)
                found[start + i] = (float)(sums[i] / particles);
        }
        return result.MoveToOuterDisposeScope();
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
