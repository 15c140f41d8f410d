using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>What Box and Muller's method makes normal numbers with, to rounding in float32.</summary>
/// <remarks>Of the arguments that occur, without the cases of others; the polynomials are those of Cephes.</remarks>
internal static class PolarFunctions
{
    /// <summary>Sine and cosine of angles, an integer's whole range being a turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Sin, Vector512<float> Cos) SinCos(Vector512<int> angle)
    {
        // The nearest quarter turn, and what is left, of at most an eighth.
        var quarters = (angle + Vector512.Create(1 << 29)) & Vector512.Create(-1 << 30);
        var x = Vector512.ConvertToSingle(angle - quarters) * (MathF.PI / 2147483648f);
        var square = x * x;
        var sin = Vector512.FusedMultiplyAdd(square, Vector512.Create(-1.9515295891e-4f), Vector512.Create(8.3321608736e-3f));
        sin = Vector512.FusedMultiplyAdd(sin, square, Vector512.Create(-1.6666654611e-1f));
        sin = Vector512.FusedMultiplyAdd(sin * square, x, x);
        var cos = Vector512.FusedMultiplyAdd(square, Vector512.Create(2.443315711809948e-5f), Vector512.Create(-1.388731625493765e-3f));
        cos = Vector512.FusedMultiplyAdd(cos, square, Vector512.Create(4.166664568298827e-2f));
        cos = Vector512.FusedMultiplyAdd(cos, square, Vector512.Create(-0.5f));
        cos = Vector512.FusedMultiplyAdd(cos, square, Vector512<float>.One);
        var odd = ((quarters << 1) >> 31).AsSingle();
        var sign = Vector512.Create(int.MinValue);
        return (Vector512.ConditionalSelect(odd, cos, sin) ^ (quarters & sign).AsSingle(),
            Vector512.ConditionalSelect(odd, sin, cos) ^ ((quarters + Vector512.Create(1 << 30)) & sign).AsSingle());
    }

    /// <summary>log x of normal numbers above 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log(Vector512<float> x)
    {
        // 2ⁿ (1 + f), from √½ to √2.
        var bits = x.AsInt32();
        var exponent = (bits - Vector512.Create(0x3F3504F3)) >> 23;
        var n = Vector512.ConvertToSingle(exponent);
        var f = (bits - (exponent << 23)).AsSingle() - Vector512<float>.One;
        var series = Vector512.FusedMultiplyAdd(f, Vector512.Create(7.0376836292e-2f), Vector512.Create(-1.1514610310e-1f));
        series = Vector512.FusedMultiplyAdd(series, f, Vector512.Create(1.1676998740e-1f));
        series = Vector512.FusedMultiplyAdd(series, f, Vector512.Create(-1.2420140846e-1f));
        series = Vector512.FusedMultiplyAdd(series, f, Vector512.Create(1.4249322787e-1f));
        series = Vector512.FusedMultiplyAdd(series, f, Vector512.Create(-1.6668057665e-1f));
        series = Vector512.FusedMultiplyAdd(series, f, Vector512.Create(2.0000714765e-1f));
        series = Vector512.FusedMultiplyAdd(series, f, Vector512.Create(-2.4999993993e-1f));
        series = Vector512.FusedMultiplyAdd(series, f, Vector512.Create(3.3333331174e-1f));
        series = Vector512.FusedMultiplyAdd(series, f, Vector512.Create(-0.5f));
        var rest = Vector512.FusedMultiplyAdd(series * f, f, n * Vector512.Create(-2.12194440e-4f));
        return Vector512.FusedMultiplyAdd(n, Vector512.Create(0.693359375f), f + rest);
    }
}
