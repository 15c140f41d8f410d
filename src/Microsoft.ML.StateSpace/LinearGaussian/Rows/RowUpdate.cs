using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.StateSpace.LinearGaussian.Rows;

/// <summary>What a Kalman update does to a mean: all of it that does not depend on the numbers observed.</summary>
/// <param name="Filtered">The place of the covariance of p(z_t | x_≤t).</param>
/// <param name="Seen">The dimensions observed, rising; d of them.</param>
/// <param name="Emission">Their rows of the emission's matrix, [d, Z].</param>
/// <param name="Gain">[Z, d]</param>
/// <param name="Whitener">L⁻¹, with L Lᵀ the predicted covariance of what is observed.</param>
/// <param name="Constant">log N(0; 0, L Lᵀ) in nats.</param>
internal sealed record RowUpdate(int Filtered, int[] Seen, ColumnMatrix Emission, ColumnMatrix Gain, ColumnMatrix Whitener, double Constant)
{
    /// <summary>The update of a step at which nothing is observed.</summary>
    public static RowUpdate Nothing(int predicted) => new(predicted, [], default, default, default, 0);

    /// <summary>Updates one row's mean.</summary>
    /// <param name="prior">E[z_t | x_&lt;t], [Z].</param>
    /// <param name="observation">x_t, [D].</param>
    /// <param name="offset">The emission's, [D].</param>
    /// <param name="work">Room.</param>
    /// <param name="mean">Takes E[z_t | x_≤t], [Z].</param>
    /// <returns>log p(x_t | x_&lt;t) in nats, and the squared length of the whitened error.</returns>
    public (double LogLikelihood, double SquaredDistance) Apply(ReadOnlySpan<double> prior, ReadOnlySpan<double> observation,
        ReadOnlySpan<double> offset, RowWork work, Span<double> mean)
    {
        if (Seen.Length == 0)
        {
            prior.CopyTo(mean);
            return (0, 0);
        }
        var error = Error(prior, observation, offset, work);
        var whitened = work.Whitened.AsSpan(0, ColumnMatrix.Blocks(error.Length));
        whitened.Clear();
        Whitener.AddLowerProduct(error, whitened);
        var numbers = MemoryMarshal.Cast<Vector256<double>, double>(whitened);
        double distance = Dense.Dot(numbers, numbers);
        work.Begin(prior);
        Gain.AddProduct(error, work.State);
        work.End(mean);
        return (Constant - 0.5 * distance, distance);
    }

    private ReadOnlySpan<double> Error(ReadOnlySpan<double> prior, ReadOnlySpan<double> observation, ReadOnlySpan<double> offset, RowWork work)
    {
        var blocks = work.Error.AsSpan(0, ColumnMatrix.Blocks(Seen.Length));
        blocks.Clear();
        Emission.AddProduct(prior, blocks);
        var error = MemoryMarshal.Cast<Vector256<double>, double>(blocks)[..Seen.Length];
        for (int i = 0; i < error.Length; i++)
            error[i] = observation[Seen[i]] - (error[i] + offset[Seen[i]]);
        return error;
    }
}

/// <summary>Room for the numbers of one row.</summary>
internal sealed class RowWork(int latent, int observation)
{
    public Vector256<double>[] State { get; } = new Vector256<double>[ColumnMatrix.Blocks(latent)];

    public Vector256<double>[] Error { get; } = new Vector256<double>[ColumnMatrix.Blocks(observation)];

    public Vector256<double>[] Whitened { get; } = new Vector256<double>[ColumnMatrix.Blocks(observation)];

    /// <summary>Puts numbers into the state.</summary>
    public void Begin(ReadOnlySpan<double> numbers)
    {
        State.AsSpan().Clear();
        numbers.CopyTo(MemoryMarshal.Cast<Vector256<double>, double>(State.AsSpan()));
    }

    /// <summary>Takes the numbers out of the state.</summary>
    public void End(Span<double> numbers) => MemoryMarshal.Cast<Vector256<double>, double>(State.AsSpan())[..numbers.Length].CopyTo(numbers);
}
