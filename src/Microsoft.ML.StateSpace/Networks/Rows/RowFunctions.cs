using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>Nonlinearities in vectors of one form, whatever a number's place: none is computed otherwise than another because it comes last.</summary>
/// <remarks>Of tensors LibTorch's serve where gradients are wanted, and elsewhere than on the CPU in float32.</remarks>
internal static class RowFunctions
{
    /// <summary>Applies f in place.</summary>
    public static void Apply(Activation activation, Span<float> values)
    {
        switch (activation)
        {
            case Activation.Relu:
                Apply<ReluOf>(values);
                break;
            case Activation.Tanh:
                Apply<TanhOf>(values);
                break;
            case Activation.Elu:
                Apply<EluOf>(values);
                break;
            case Activation.Softplus:
                Apply<SoftplusOf>(values);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, "Unknown activation.");
        }
    }

    /// <summary>Multiplies with the derivative of f, given what f has made of its argument.</summary>
    /// <param name="activation">f</param>
    /// <param name="results">f(x)</param>
    /// <param name="gradient">What is multiplied.</param>
    public static void MultiplyBySlope(Activation activation, ReadOnlySpan<float> results, Span<float> gradient)
    {
        switch (activation)
        {
            case Activation.Relu:
                MultiplyBySlope<ReluOf>(results, gradient);
                break;
            case Activation.Tanh:
                MultiplyBySlope<TanhOf>(results, gradient);
                break;
            case Activation.Elu:
                MultiplyBySlope<EluOf>(results, gradient);
                break;
            case Activation.Softplus:
                MultiplyBySlope<SoftplusOf>(results, gradient);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, "Unknown activation.");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyBySlope<TFunction>(ReadOnlySpan<float> results, Span<float> gradient) where TFunction : struct, IRowFunction
    {
        int size = Vector512<float>.Count, i = 0;
        ref float y = ref MemoryMarshal.GetReference(results), g = ref MemoryMarshal.GetReference(gradient);
        for (; i <= gradient.Length - size; i += size)
            (Vector512.LoadUnsafe(ref g, (nuint)i) * TFunction.SlopeOf(Vector512.LoadUnsafe(ref y, (nuint)i))).StoreUnsafe(ref g, (nuint)i);
        if (i == gradient.Length)
            return;
        Span<float> rest = stackalloc float[Vector512<float>.Count];
        rest.Clear();
        results[i..].CopyTo(rest);
        var slope = TFunction.SlopeOf(Vector512.Create<float>(rest));
        for (int k = 0; i + k < gradient.Length; k++)
            gradient[i + k] *= slope[k];
    }

    /// <summary>y = shared + weight y</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddTo(ReadOnlySpan<float> shared, float weight, Span<float> values)
    {
        int size = Vector512<float>.Count, i = 0;
        ref float y = ref MemoryMarshal.GetReference(values), s = ref MemoryMarshal.GetReference(shared);
        var factor = Vector512.Create(weight);
        for (; i <= values.Length - size; i += size)
            Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref y, (nuint)i), factor, Vector512.LoadUnsafe(ref s, (nuint)i)).StoreUnsafe(ref y, (nuint)i);
        for (; i < values.Length; i++)
            values[i] = MathF.FusedMultiplyAdd(values[i], weight, shared[i]);
    }

    /// <summary>y = shared + weight y</summary>
    public static void AddTo(float shared, float weight, Span<float> values)
    {
        foreach (ref float y in values)
            y = MathF.FusedMultiplyAdd(y, weight, shared);
    }

    /// <summary>y = y + weight (other − y)</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Mix(ReadOnlySpan<float> other, ReadOnlySpan<float> weight, Span<float> values)
    {
        int size = Vector512<float>.Count, i = 0;
        ref float y = ref MemoryMarshal.GetReference(values), o = ref MemoryMarshal.GetReference(other), w = ref MemoryMarshal.GetReference(weight);
        for (; i <= values.Length - size; i += size)
        {
            var from = Vector512.LoadUnsafe(ref y, (nuint)i);
            Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref w, (nuint)i), Vector512.LoadUnsafe(ref o, (nuint)i) - from, from).StoreUnsafe(ref y, (nuint)i);
        }
        for (; i < values.Length; i++)
            values[i] = MathF.FusedMultiplyAdd(weight[i], other[i] - values[i], values[i]);
    }

    /// <summary>y + weight (other − y), of tensors of one shape.</summary>
    public static Tensor Mix(Tensor y, Tensor other, Tensor weight)
    {
        if (!RowProduct.Serves(y))
            return y.lerp(other, weight);
        using var scope = NewDisposeScope();
        var result = y.contiguous().clone();
        Mix(RowPanels.Numbers(other.contiguous()), RowPanels.Numbers(weight.contiguous()), RowPanels.Numbers(result));
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>1 / (1 + e⁻ˣ), in place.</summary>
    public static void Sigmoid(Span<float> values) => Apply<SigmoidOf>(values);

    /// <summary>The two halves of every row, [.., 2d] to two [.., d] that lie without gaps.</summary>
    public static (Tensor First, Tensor Second) Halves(Tensor both)
    {
        using var scope = NewDisposeScope();
        var (rows, swapped) = RowPanels.InOrder(both);
        long size = rows.shape[^1] / 2;
        long[] shape = [.. rows.shape[..^1], size];
        Tensor first = empty(shape, ScalarType.Float32), second = empty(shape, ScalarType.Float32);
        Split(RowPanels.Numbers(rows), (int)size, RowPanels.Numbers(first), RowPanels.Numbers(second));
        return swapped ? (first.transpose(0, 1).MoveToOuterDisposeScope(), second.transpose(0, 1).MoveToOuterDisposeScope())
            : (first.MoveToOuterDisposeScope(), second.MoveToOuterDisposeScope());
    }

    private static void Split(ReadOnlySpan<float> rows, int size, Span<float> first, Span<float> second)
    {
        for (int at = 0; at < first.Length; at += size)
            for (int i = 0; i < size; i++)
                (first[at + i], second[at + i]) = (rows[2 * at + i], rows[2 * at + size + i]);
    }

    /// <summary>log(1 + eˣ) + least</summary>
    public static Tensor Softplus(Tensor x, double least = 0) => RowProduct.Serves(x) ? Map(x, values =>
    {
        Apply<SoftplusOf>(values);
        foreach (ref float value in least == 0 ? [] : values)
            value += (float)least;
    }) : least == 0 ? x.softplus() : x.softplus() + least;

    /// <summary>tanh x</summary>
    public static Tensor Tanh(Tensor x) => RowProduct.Serves(x) ? Map(x, Apply<TanhOf>) : x.tanh();

    /// <summary>1 / (1 + e⁻ˣ)</summary>
    public static Tensor Sigmoid(Tensor x) => RowProduct.Serves(x) ? Map(x, Apply<SigmoidOf>) : x.sigmoid();

    /// <summary>eˣ</summary>
    public static Tensor Exp(Tensor x) => RowProduct.Serves(x) ? Map(x, Apply<ExpOf>) : x.exp();

    /// <summary>x above 0, eˣ − 1 below.</summary>
    public static Tensor Elu(Tensor x) => RowProduct.Serves(x) ? Map(x, Apply<EluOf>) : nn.functional.elu(x, 1.0);

    private static Tensor Map(Tensor x, Action<Span<float>> inPlace)
    {
        using var scope = NewDisposeScope();
        var (rows, swapped) = RowPanels.InOrder(x.clone());
        inPlace(RowPanels.Numbers(rows));
        return (swapped ? rows.transpose(0, 1) : rows).MoveToOuterDisposeScope();
    }

    /// <summary>tanh x</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x) => TanhOf.Of(x);

    /// <summary>1 / (1 + e⁻ˣ), found as ½ + ½ tanh(x/2): exact to rounding beside 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x) => SigmoidOf.Of(x);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<TFunction>(Span<float> values) where TFunction : struct, IRowFunction
    {
        int size = Vector512<float>.Count, i = 0;
        ref float start = ref MemoryMarshal.GetReference(values);
        for (; i <= values.Length - size; i += size)
            TFunction.Of(Vector512.LoadUnsafe(ref start, (nuint)i)).StoreUnsafe(ref start, (nuint)i);
        if (i == values.Length)
            return;
        Span<float> rest = stackalloc float[Vector512<float>.Count];
        rest.Clear();
        values[i..].CopyTo(rest);
        TFunction.Of(Vector512.Create<float>(rest)).CopyTo(rest);
        rest[..(values.Length - i)].CopyTo(values[i..]);
    }
}
