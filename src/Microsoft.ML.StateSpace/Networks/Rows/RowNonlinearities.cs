using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>A nonlinearity of a vector of numbers.</summary>
internal interface IRowFunction
{
    /// <summary>f(x)</summary>
    static abstract Vector512<float> Of(Vector512<float> x);

    /// <summary>f′(x), given y = f(x).</summary>
    static abstract Vector512<float> SlopeOf(Vector512<float> y);
}

/// <summary>max(0, x)</summary>
internal readonly struct ReluOf : IRowFunction
{
    // A NaN stays one.
    public static Vector512<float> Of(Vector512<float> x) =>
        Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), Vector512<float>.Zero, x);

    public static Vector512<float> SlopeOf(Vector512<float> y) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(y, Vector512<float>.Zero), Vector512<float>.One, Vector512<float>.Zero);
}

/// <summary>tanh x</summary>
internal readonly struct TanhOf : IRowFunction
{
    // From here on, the function below is ±1.
    private const float Bound = 8.01773357391357422f;

    // A rational function of degree 9 over 8, as Eigen's; small numbers are their own.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> x)
    {
        // Of two numbers, one of which is none, the second is taken: a NaN stays one.
        var bounded = Vector512.MinNative(Vector512.Create(Bound), Vector512.MaxNative(Vector512.Create(-Bound), x));
        var square = bounded * bounded;
        var above = Vector512.FusedMultiplyAdd(square, Vector512.Create(1.394553628e-8f), Vector512.Create(2.102733560e-5f));
        above = Vector512.FusedMultiplyAdd(above, square, Vector512.Create(3.520756727e-3f));
        above = Vector512.FusedMultiplyAdd(above, square, Vector512.Create(1.340216100e-1f));
        var below = Vector512.FusedMultiplyAdd(square, Vector512.Create(8.015776984e-7f), Vector512.Create(3.326951409e-4f));
        below = Vector512.FusedMultiplyAdd(below, square, Vector512.Create(2.597254514e-2f));
        below = Vector512.FusedMultiplyAdd(below, square, Vector512.Create(4.673548340e-1f));
        below = Vector512.FusedMultiplyAdd(below, square, Vector512<float>.One);
        return Vector512.FusedMultiplyAdd(square * bounded, above, bounded) / below;
    }

    public static Vector512<float> SlopeOf(Vector512<float> y) => Vector512<float>.One - y * y;
}

/// <summary>1 / (1 + e⁻ˣ), found as ½ + ½ tanh(x/2): exact to rounding beside 1.</summary>
internal readonly struct SigmoidOf : IRowFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> x) => Vector512.FusedMultiplyAdd(TanhOf.Of(0.5f * x), Vector512.Create(0.5f), Vector512.Create(0.5f));

    public static Vector512<float> SlopeOf(Vector512<float> y) => y * (Vector512<float>.One - y);
}

/// <summary>eˣ</summary>
internal readonly struct ExpOf : IRowFunction
{
    public static Vector512<float> Of(Vector512<float> x) => Vector512.Exp(x);

    public static Vector512<float> SlopeOf(Vector512<float> y) => y;
}

/// <summary>x above 0, eˣ − 1 below.</summary>
internal readonly struct EluOf : IRowFunction
{
    // eˣ − 1 = 2 tanh(x/2) / (1 − tanh(x/2)), which loses nothing near 0.
    public static Vector512<float> Of(Vector512<float> x)
    {
        var half = TanhOf.Of(0.5f * x);
        return Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), x, 2f * half / (Vector512<float>.One - half));
    }

    public static Vector512<float> SlopeOf(Vector512<float> y) => Vector512.Min(y, Vector512<float>.Zero) + Vector512<float>.One;
}

/// <summary>log(1 + eˣ)</summary>
internal readonly struct SoftplusOf : IRowFunction
{
    // max(x, 0) + log(1 + t), t = e^−|x|; log(1 + t) = 2 artanh s, s = t / (2 + t) at most ⅓: the series loses nothing where t is small.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> x)
    {
        var t = Exp(-Vector512.Abs(x));
        var s = t / (t + Vector512.Create(2f));
        var square = s * s;
        var series = Vector512.Create(1f / 15);
        series = Vector512.FusedMultiplyAdd(series, square, Vector512.Create(1f / 13));
        series = Vector512.FusedMultiplyAdd(series, square, Vector512.Create(1f / 11));
        series = Vector512.FusedMultiplyAdd(series, square, Vector512.Create(1f / 9));
        series = Vector512.FusedMultiplyAdd(series, square, Vector512.Create(1f / 7));
        series = Vector512.FusedMultiplyAdd(series, square, Vector512.Create(1f / 5));
        series = Vector512.FusedMultiplyAdd(series, square, Vector512.Create(1f / 3));
        series = Vector512.FusedMultiplyAdd(series, square, Vector512<float>.One);
        var log = 2f * s * series;
        var sum = Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), x + log, log);
        return Vector512.ConditionalSelect(Vector512.IsNaN(x), x, sum);
    }

    // 1 − e^−y
    public static Vector512<float> SlopeOf(Vector512<float> y) => Vector512<float>.One - Exp(-y);

    // eˣ of x ≤ 0, not below the least normal number: 2ⁿ eʳ, |r| at most ½ ln 2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Exp(Vector512<float> x)
    {
        var bounded = Vector512.MaxNative(x, Vector512.Create(-87f));
        var n = Vector512.Round(bounded * Vector512.Create(1.44269504f));
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), bounded);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        var series = Vector512.Create(1f / 5040);
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(1f / 720));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(1f / 120));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(1f / 24));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(1f / 6));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(0.5f));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512<float>.One);
        series = Vector512.FusedMultiplyAdd(series, r, Vector512<float>.One);
        return series * ((Vector512.ConvertToInt32Native(n) + Vector512.Create(127)) << 23).AsSingle();
    }
}
