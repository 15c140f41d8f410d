using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>A scalar linear-Gaussian system with two observed numbers a step, one sequence of it, and what Kalman says of that.</summary>
internal sealed class SampleSystem
{
    public static readonly LinearGaussianSystem System = new()
    {
        InitialMean = [0.3],
        InitialCovariance = new[,] { { 0.8 } },
        Transition = new[,] { { 0.9 } },
        TransitionOffset = [0.05],
        TransitionCovariance = new[,] { { 0.6 } },
        Emission = new[,] { { 1.2 }, { -0.4 } },
        EmissionOffset = [0.1, -0.2],
        EmissionCovariance = new[,] { { 0.5, 0 }, { 0, 0.9 } },
    };

    public SampleSystem(int steps, double missing = 0.3)
    {
        Sequence = RandomSequences.Make(1, 2, steps, missing, seed: 8)[0];
        Kalman = From(System, 0);
    }

    public Sequence Sequence { get; }

    public KalmanResult Kalman { get; }

    public double LogLikelihood => Kalman.LogLikelihood;

    /// <summary>The same sequence many times over.</summary>
    public SequenceBatch Batch(int rows) =>
        SequenceBatch.Create([.. Enumerable.Repeat(Sequence, rows)], type: TorchSharp.torch.ScalarType.Float64);

    /// <summary>log p(x_{step+1} … x_T | z_step = latent), with steps from 0.</summary>
    public double LogFuture(int step, double latent) => From(System with
    {
        InitialMean = [System.Transition[0, 0] * latent + System.TransitionOffset[0]],
        InitialCovariance = System.TransitionCovariance,
    }, step + 1).LogLikelihood;

    private KalmanResult From(LinearGaussianSystem system, int first)
    {
        int[] steps = [.. Enumerable.Range(first, Sequence.Length - first)];
        return KalmanOracle.Run(system,
            [.. steps.Select(t => new double[] { Sequence.Observations[2 * t], Sequence.Observations[2 * t + 1] })],
            [.. steps.Select(t => new[] { Sequence.IsObserved(t, 0), Sequence.IsObserved(t, 1) })]);
    }
}
