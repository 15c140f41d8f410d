using System.Numerics;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>Sums over short rows of numbers, as many at a time as the processor takes.</summary>
internal static class Lanes
{
    /// <summary>xᵀy</summary>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        int i = 0;
        var sums = Vector<double>.Zero;
        for (; i <= x.Length - Vector<double>.Count; i += Vector<double>.Count)
            sums += new Vector<double>(x[i..]) * new Vector<double>(y[i..]);
        double sum = Vector.Sum(sums);
        for (; i < x.Length; i++)
            sum += x[i] * y[i];
        return sum;
    }

    /// <summary>y ← y + s x</summary>
    public static void Add(double s, ReadOnlySpan<double> x, Span<double> y)
    {
        int i = 0;
        var factor = new Vector<double>(s);
        for (; i <= x.Length - Vector<double>.Count; i += Vector<double>.Count)
            (new Vector<double>(y[i..]) + factor * new Vector<double>(x[i..])).CopyTo(y[i..]);
        for (; i < x.Length; i++)
            y[i] += s * x[i];
    }

    /// <summary>x ← s x</summary>
    public static void Scale(double s, Span<double> x)
    {
        for (int i = 0; i < x.Length; i++)
            x[i] *= s;
    }

    /// <summary>(x, y) ← (c x + s y, c y − s x)</summary>
    public static void Turn(double c, double s, Span<double> x, Span<double> y)
    {
        int i = 0;
        Vector<double> cosine = new(c), sine = new(s);
        for (; i <= x.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector<double> first = new(x[i..]), second = new(y[i..]);
            (cosine * first + sine * second).CopyTo(x[i..]);
            (cosine * second - sine * first).CopyTo(y[i..]);
        }
        for (; i < x.Length; i++)
            (x[i], y[i]) = (c * x[i] + s * y[i], c * y[i] - s * x[i]);
    }
}
