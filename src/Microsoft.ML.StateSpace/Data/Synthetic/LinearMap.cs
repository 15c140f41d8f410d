using System.Numerics;

namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>z W + b for row vectors z.</summary>
/// <param name="Matrix">W, <c>[from, to]</c>.</param>
/// <param name="Offset">b, <c>[to]</c>.</param>
public sealed record LinearMap(double[,] Matrix, double[] Offset)
{
    /// <summary>A map that multiplies every dimension by the same factor.</summary>
    internal static LinearMap Scale(int size, double factor, double offset = 0)
    {
        double[] offsets = new double[size];
        Array.Fill(offsets, offset);
        return new LinearMap(Diagonal(size, factor), offsets);
    }

    /// <summary>A diagonal matrix of one number.</summary>
    internal static double[,] Diagonal(int size, double factor)
    {
        var matrix = new double[size, size];
        for (int i = 0; i < size; i++)
        {
            matrix[i, i] = factor;
        }

        return matrix;
    }

    /// <summary>Maps many states, <c>[dimension, state]</c> row-major.</summary>
    internal void Apply(ReadOnlySpan<double> states, Span<double> means, int count)
    {
        for (int to = 0; to < Offset.Length; to++)
        {
            Span<double> mean = means.Slice(to * count, count);
            mean.Fill(Offset[to]);
            for (int from = 0; from < Matrix.GetLength(0); from++)
            {
                AddScaled(states.Slice(from * count, count), Matrix[from, to], mean);
            }
        }
    }

    /// <summary>Adds many numbers times a factor to as many sums.</summary>
    internal static void AddScaled(ReadOnlySpan<double> numbers, double factor, Span<double> sums)
    {
        if (factor == 0)
        {
            return;
        }

        int i = 0;
        for (; i <= sums.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            (new Vector<double>(sums[i..]) + factor * new Vector<double>(numbers[i..])).CopyTo(sums[i..]);
        }

        for (; i < sums.Length; i++)
        {
            sums[i] += numbers[i] * factor;
        }
    }
}
