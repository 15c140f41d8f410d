using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>The weights of a few particles in plain float64: on a CPU, where a call of LibTorch costs more than its arithmetic.</summary>
/// <remarks>A row's numbers have the same bits whatever rows are beside it.</remarks>
internal sealed class RowWeights
{
    private readonly double[] _shares;

    /// <summary>Normalises log-weights [row, particle] on a CPU.</summary>
    public RowWeights(Tensor logWeights)
    {
        (Rows, Particles) = ((int)logWeights.shape[0], (int)logWeights.shape[1]);
        _shares = new double[Rows * Particles];
        Read(logWeights, _shares);
        for (int row = 0; row < Rows; row++)
        {
            var shares = _shares.AsSpan(row * Particles, Particles);
            TensorPrimitives.Subtract(shares, TensorPrimitives.Max<double>(shares), shares);
            TensorPrimitives.Exp(shares, shares);
            TensorPrimitives.Divide(shares, TensorPrimitives.Sum<double>(shares), shares);
        }
    }

    /// <summary>The number of rows.</summary>
    public int Rows { get; }

    /// <summary>N.</summary>
    public int Particles { get; }

    /// <summary>The weights of a row; their sum is 1.</summary>
    public ReadOnlySpan<double> Of(int row) => _shares.AsSpan(row * Particles, Particles);

    /// <summary>log ESS of a row.</summary>
    public double LogEffectiveSampleSize(int row) => -Math.Log(TensorPrimitives.SumOfSquares(Of(row)));

    /// <summary>The particles on whose share of [0, 1) points lie, as <see cref="Resampling.Invert"/>.</summary>
    /// <param name="row">The row.</param>
    /// <param name="points">Any.</param>
    /// <param name="chosen">The particles, as many as points.</param>
    public void Invert(int row, ReadOnlySpan<double> points, Span<long> chosen)
    {
        Span<double> cumulative = Particles <= 256 ? stackalloc double[Particles] : new double[Particles];
        double sum = 0;
        var shares = Of(row);
        for (int i = 0; i < Particles; i++)
            cumulative[i] = sum += shares[i];
        for (int i = 0; i < points.Length; i++)
        {
            int place = cumulative.BinarySearch(points[i]);
            // The first particle whose sum is above the point; rounding can leave the last sum a hair below 1.
            place = place < 0 ? ~place : place;
            while (place < Particles && cumulative[place] <= points[i])
                place++;
            chosen[i] = Math.Min(place, Particles - 1);
        }
    }

    /// <summary>Mean and deviation under the weights, each [row, d].</summary>
    /// <param name="values">[particle, row, d]</param>
    public (Tensor Mean, Tensor Std) Moments(Tensor values)
    {
        using var scope = NewDisposeScope();
        int size = (int)values.shape[^1];
        var numbers = values.permute(1, 2, 0).contiguous();
        var bytes = numbers.bytes;
        double[] means = new double[Rows * size], deviations = new double[means.Length], some = new double[Particles];
        for (int i = 0; i < means.Length; i++)
        {
            var shares = Of(i / size);
            Convert(bytes, values.dtype, i * Particles, some);
            double mean = means[i] = TensorPrimitives.Dot<double>(shares, some);
            TensorPrimitives.Subtract(some, mean, some);
            TensorPrimitives.Multiply(some, some, some);
            deviations[i] = Math.Sqrt(TensorPrimitives.Dot<double>(shares, some));
        }
        Tensor Made(double[] found) => tensor(found).reshape(Rows, size).to(values.dtype).MoveToOuterDisposeScope();
        return (Made(means), Made(deviations));
    }

    /// <summary>Copies numbers of single or double precision.</summary>
    public static void Read(Tensor values, Span<double> numbers)
    {
        using var contiguous = values.contiguous();
        Convert(contiguous.bytes, values.dtype, 0, numbers);
    }

    private static void Convert(ReadOnlySpan<byte> bytes, ScalarType type, int first, Span<double> numbers)
    {
        if (type == ScalarType.Float64)
            MemoryMarshal.Cast<byte, double>(bytes).Slice(first, numbers.Length).CopyTo(numbers);
        else
            TensorPrimitives.ConvertTruncating<float, double>(MemoryMarshal.Cast<byte, float>(bytes).Slice(first, numbers.Length), numbers);
    }
}
