using static Microsoft.ML.StateSpace.Tests.Oracles.LinearAlgebra;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>
/// The joint Gaussian of all latents and observations of a sequence, written out as one big matrix and conditioned by the
/// formula for conditional Gaussians: no recursion that it could share a mistake with.
/// </summary>
internal sealed class DenseGaussianOracle
{
    private readonly LinearGaussianSystem _system;
    private readonly double[] _latentMean;
    private readonly double[,] _latentCovariance;
    private readonly double[,] _emission;

    public DenseGaussianOracle(LinearGaussianSystem system, int steps)
    {
        _system = system;
        int size = system.LatentSize;
        _latentMean = new double[steps * size];
        _latentCovariance = new double[steps * size, steps * size];
        _emission = new double[steps * system.ObservationSize, steps * size];

        // Unrolled, z = L e + m: row block t of L holds A^{t-s} for the noise e_s of every step s <= t.
        var unrolled = new double[steps * size, steps * size];
        var noise = new double[steps * size, steps * size];
        double[] mean = system.InitialMean;
        for (int t = 0; t < steps; t++)
        {
            mean = t == 0 ? mean : Add(Multiply(system.Transition, mean), system.TransitionOffset);
            mean.CopyTo(_latentMean, t * size);
            Place(noise, t == 0 ? system.InitialCovariance : system.TransitionCovariance, t, t);
            Place(_emission, system.Emission, t, t);
            double[,] power = Identity(size);
            for (int s = t; s >= 0; s--)
            {
                Place(unrolled, power, t, s);
                power = Multiply(power, system.Transition);
            }
        }

        _latentCovariance = Sandwich(unrolled, noise);
    }

    /// <summary>log p of all the observed numbers together, and the mean and covariance of all latents given them.</summary>
    public (double LogLikelihood, double[] Mean, double[,] Covariance) Condition(double[][] observations, bool[][]? observed = null)
    {
        int width = _system.ObservationSize;
        int[] rows = [.. Enumerable.Range(0, observations.Length)
            .SelectMany(t => KalmanOracle.Seen(width, observed?[t]).Select(d => t * width + d))];
        int[] latents = [.. Enumerable.Range(0, _latentMean.Length)];
        double[,] emission = Select(_emission, rows, latents);
        double[] predicted = Multiply(emission, _latentMean);
        double[] error = [.. rows.Select((row, i) =>
            observations[row / width][row % width] - predicted[i] - _system.EmissionOffset[row % width])];
        double[,] covariance = Add(Sandwich(emission, _latentCovariance), Noise(rows));
        double[,] cross = Multiply(emission, _latentCovariance);
        double[,] gain = Transpose(Solve(covariance, cross));
        return (LogDensity(error, covariance),
                Add(_latentMean, Multiply(gain, error)),
                Add(_latentCovariance, Multiply(gain, cross), -1.0));
    }

    private double[,] Noise(int[] rows)
    {
        int width = _system.ObservationSize;
        var noise = new double[rows.Length, rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = 0; j < rows.Length; j++)
            {
                noise[i, j] = rows[i] / width == rows[j] / width ? _system.EmissionCovariance[rows[i] % width, rows[j] % width] : 0.0;
            }
        }

        return noise;
    }

    private static void Place(double[,] target, double[,] block, int blockRow, int blockColumn)
    {
        for (int i = 0; i < block.GetLength(0); i++)
        {
            for (int j = 0; j < block.GetLength(1); j++)
            {
                target[blockRow * block.GetLength(0) + i, blockColumn * block.GetLength(1) + j] = block[i, j];
            }
        }
    }
}
