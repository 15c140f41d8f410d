using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>Densities and draws of independent Gaussians over many rows, in one pass, in vectors of one form whatever a number's place.</summary>
/// <remarks>LibTorch takes a pass over memory for every operation, and a slow one for a sum of few numbers.</remarks>
internal static class RowGaussian
{
    // Numbers at a time, beside which the sums of their rows stay in the nearest cache.
    private const int Numbers = 1024;

    private static readonly float s_log2Pi = (float)Math.Log(2 * Math.PI);

    /// <summary>Whether a Gaussian's own draws and density of numbers of its shape, or of what particles share, are found here.</summary>
    /// <param name="mean">[.., row, d]</param>
    /// <param name="variance">The same.</param>
    /// <param name="x">The same, or [row, d].</param>
    public static bool Serves(Tensor mean, Tensor variance, Tensor x) => RowProduct.Serves(mean) && mean.dim() is 2 or 3 && x.dtype == ScalarType.Float32
        && mean.shape is var shape && shape[^1] is > 0 and <= Numbers && variance.dtype == ScalarType.Float32 && shape.AsSpan().SequenceEqual(variance.shape)
        && x.dim() <= shape.Length && shape.AsSpan(shape.Length - (int)x.dim()).SequenceEqual(x.shape);

    /// <summary>log N(x; mean, variance) summed over the last dimension, in nats: [.., row].</summary>
    /// <param name="mean">[.., row, d]</param>
    /// <param name="variance">The same.</param>
    /// <param name="x">The same, or [row, d].</param>
    /// <param name="counts">1 for components that count, else 0, in x's shape; null: all do, which gives the bits of 1 everywhere.</param>
    public static Tensor LogProbability(Tensor mean, Tensor variance, Tensor x, Tensor? counts = null)
    {
        using var scope = NewDisposeScope();
        var (m, swapped) = RowPanels.InOrder(mean);
        var result = empty(m.shape[..^1], ScalarType.Float32);
        Densities(RowPanels.Numbers(m), RowPanels.Numbers(Like(variance, swapped)), RowPanels.Numbers(Like(x.expand_as(mean), swapped)),
            counts is null ? [] : RowPanels.Numbers(Like(counts.expand_as(mean), swapped)), RowPanels.Numbers(result), (int)m.shape[^1]);
        return (swapped ? result.t() : result).MoveToOuterDisposeScope();
    }

    /// <summary>mean + √variance ⊙ noise</summary>
    public static Tensor Sample(Tensor mean, Tensor variance, Tensor noise)
    {
        using var scope = NewDisposeScope();
        var (m, swapped) = RowPanels.InOrder(mean);
        var result = empty(m.shape, ScalarType.Float32);
        Draws(RowPanels.Numbers(m), RowPanels.Numbers(Like(variance, swapped)), RowPanels.Numbers(Like(noise.expand_as(mean), swapped)), RowPanels.Numbers(result));
        return (swapped ? result.transpose(0, 1) : result).MoveToOuterDisposeScope();
    }

    private static Tensor Like(Tensor tensor, bool swapped) => (swapped ? tensor.transpose(0, 1) : tensor).contiguous();

    private static void Densities(ReadOnlySpan<float> mean, ReadOnlySpan<float> variance, ReadOnlySpan<float> x, ReadOnlySpan<float> counts,
        Span<float> sums, int size)
    {
        Span<float> terms = stackalloc float[Numbers];
        for (int row = 0, rows = Numbers / size; row < sums.Length; row += rows)
        {
            int count = Math.Min(rows, sums.Length - row), numbers = count * size;
            Terms(mean.Slice(row * size, numbers), variance.Slice(row * size, numbers), x.Slice(row * size, numbers), terms);
            if (!counts.IsEmpty)
                TensorPrimitives.Multiply(terms[..numbers], counts.Slice(row * size, numbers), terms);
            for (int i = 0, at = 0; i < count; i++)
            {
                float sum = 0;
                for (int k = 0; k < size; k++)
                    sum += terms[at++];
                sums[row + i] = -0.5f * sum;
            }
        }
    }

    // (x − mean)² / variance + log variance + log 2π
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Terms(ReadOnlySpan<float> mean, ReadOnlySpan<float> variance, ReadOnlySpan<float> x, Span<float> terms)
    {
        int size = Vector512<float>.Count, i = 0;
        ref float m = ref MemoryMarshal.GetReference(mean), v = ref MemoryMarshal.GetReference(variance), at = ref MemoryMarshal.GetReference(x), t = ref MemoryMarshal.GetReference(terms);
        for (; i <= mean.Length - size; i += size)
            Term(Vector512.LoadUnsafe(ref m, (nuint)i), Vector512.LoadUnsafe(ref v, (nuint)i), Vector512.LoadUnsafe(ref at, (nuint)i)).StoreUnsafe(ref t, (nuint)i);
        if (i == mean.Length)
            return;
        Span<float> some = stackalloc float[3 * Vector512<float>.Count];
        some.Fill(1);
        mean[i..].CopyTo(some);
        variance[i..].CopyTo(some[size..]);
        x[i..].CopyTo(some[(2 * size)..]);
        Term(Vector512.Create<float>(some), Vector512.Create<float>(some[size..]), Vector512.Create<float>(some[(2 * size)..])).CopyTo(some);
        some[..(mean.Length - i)].CopyTo(terms[i..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Term(Vector512<float> mean, Vector512<float> variance, Vector512<float> x)
    {
        var distance = x - mean;
        return distance * distance / variance + Vector512.Log(variance) + Vector512.Create(s_log2Pi);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Draws(ReadOnlySpan<float> mean, ReadOnlySpan<float> variance, ReadOnlySpan<float> noise, Span<float> draws)
    {
        int size = Vector512<float>.Count, i = 0;
        ref float m = ref MemoryMarshal.GetReference(mean), v = ref MemoryMarshal.GetReference(variance), e = ref MemoryMarshal.GetReference(noise), d = ref MemoryMarshal.GetReference(draws);
        for (; i <= mean.Length - size; i += size)
            Vector512.FusedMultiplyAdd(Vector512.Sqrt(Vector512.LoadUnsafe(ref v, (nuint)i)), Vector512.LoadUnsafe(ref e, (nuint)i), Vector512.LoadUnsafe(ref m, (nuint)i))
                .StoreUnsafe(ref d, (nuint)i);
        for (; i < mean.Length; i++)
            draws[i] = MathF.FusedMultiplyAdd(MathF.Sqrt(variance[i]), noise[i], mean[i]);
    }
}
