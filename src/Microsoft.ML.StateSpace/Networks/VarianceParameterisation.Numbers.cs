using System.Numerics;
using System.Numerics.Tensors;
using Microsoft.ML.StateSpace.Networks.Rows;

namespace Microsoft.ML.StateSpace.Networks;

// What it computes of tensors, of plain numbers.
public sealed partial record VarianceParameterisation
{
    /// <summary>σ², as <see cref="VarianceOf(TorchSharp.torch.Tensor)"/> to the bit, in place.</summary>
    internal void ToVariance(Span<float> raw)
    {
        if (RawBias != 0)
            TensorPrimitives.Add(raw, (float)RawBias, raw);
        RowFunctions.Apply(Activation.Softplus, raw);
        var least = (float)Least;
        if (Convention == VarianceConvention.Variance)
        {
            if (least != 0)
                TensorPrimitives.Add(raw, least, raw);
            return;
        }
        TensorPrimitives.Max(raw, least, raw);
        TensorPrimitives.Multiply(raw, raw, raw);
    }

    /// <summary>σ, as <see cref="ScaleOf(TorchSharp.torch.Tensor)"/>.</summary>
    internal void ScaleOf<T>(ReadOnlySpan<T> raw, Span<T> scale) where T : unmanaged, IFloatingPointIeee754<T>
    {
        TensorPrimitives.Add(raw, T.CreateChecked(RawBias), scale);
        Softplus(scale);
        var least = T.CreateChecked(Least);
        if (Convention == VarianceConvention.Scale)
        {
            TensorPrimitives.Max(scale, least, scale);
            return;
        }
        TensorPrimitives.Add(scale, least, scale);
        TensorPrimitives.Sqrt(scale, scale);
    }

    /// <summary>dσ/draw, as <see cref="ScaleSlope(TorchSharp.torch.Tensor)"/>.</summary>
    /// <param name="raw">What the network gives.</param>
    /// <param name="scale">σ</param>
    /// <param name="slope">The derivative.</param>
    internal void ScaleSlope<T>(ReadOnlySpan<T> raw, ReadOnlySpan<T> scale, Span<T> slope) where T : unmanaged, IFloatingPointIeee754<T>
    {
        TensorPrimitives.Add(raw, T.CreateChecked(RawBias), slope);
        TensorPrimitives.Sigmoid(slope, slope);
        if (Convention == VarianceConvention.Variance)
        {
            TensorPrimitives.Divide(slope, scale, slope);
            TensorPrimitives.Multiply(slope, T.CreateChecked(0.5), slope);
            return;
        }
        var least = T.CreateChecked(Least);
        for (int k = 0; k < slope.Length; k++)
            if (scale[k] <= least)
                slope[k] = T.Zero;
    }

    // max(x, 0) + log(1 + u), u = exp(−|x|): of a small u, log(1 + u) is what the rounding of 1 + u leaves right, log(w) u / (w − 1) with w = 1 + u.
    private static void Softplus<T>(Span<T> x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> u = stackalloc T[64], log = stackalloc T[64];
        for (; x.Length > 0; x = x[Math.Min(64, x.Length)..])
        {
            int count = Math.Min(64, x.Length);
            Span<T> some = x[..count], small = u[..count], logs = log[..count];
            TensorPrimitives.Abs<T>(some, small);
            TensorPrimitives.Negate<T>(small, small);
            TensorPrimitives.Exp<T>(small, small);
            TensorPrimitives.Add(small, T.One, logs);
            TensorPrimitives.Log<T>(logs, logs);
            Add(some, small, logs);
        }
    }

    // x = max(x, 0) + log(w) u / (w − 1)
    private static void Add<T>(Span<T> x, ReadOnlySpan<T> u, ReadOnlySpan<T> log) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int k = 0;
        for (; k <= x.Length - Vector<T>.Count; k += Vector<T>.Count)
        {
            Vector<T> small = new(u[k..]), rounded = small + Vector<T>.One - Vector<T>.One;
            var exact = Vector.ConditionalSelect(Vector.Equals(rounded, Vector<T>.Zero), small, new Vector<T>(log[k..]) * small / rounded);
            (Vector.Max(new Vector<T>(x[k..]), Vector<T>.Zero) + exact).CopyTo(x[k..]);
        }
        for (; k < x.Length; k++)
        {
            var rounded = u[k] + T.One - T.One;
            x[k] = T.Max(x[k], T.Zero) + (rounded == T.Zero ? u[k] : log[k] * u[k] / rounded);
        }
    }
}
