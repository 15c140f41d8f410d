using System.Runtime.InteropServices;

namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>The mean of many states at once.</summary>
/// <param name="states">States, <c>[dimension, state]</c> row-major.</param>
/// <param name="means">Their means, the same layout.</param>
/// <param name="count">The number of states.</param>
public delegate void StateMean(ReadOnlySpan<double> states, Span<double> means, int count);

/// <summary>
/// A state space system with known functions: z_1 ~ N(0, v_0 I), z_t ~ N(f(z_{t-1}), v_z I), x_t ~ N(z_t C, v_x I), row vectors.
/// </summary>
/// <remarks>
/// The variances are variances. Most of the systems are those of R. Krishnan, U. Shalit, D. Sontag, "Structured Inference
/// Networks for Nonlinear State Space Models", AAAI 2017, section 6 and appendix.
/// </remarks>
public sealed class SyntheticSystem
{
    internal SyntheticSystem(string name, StateMean transition, double[,] emission)
    {
        Name = name;
        Transition = transition;
        Emission = emission;
    }

    internal SyntheticSystem(string name, LinearMap transition, double[,] emission) : this(name, transition.Apply, emission) =>
        LinearTransition = transition;

    /// <summary>The name under which <see cref="SyntheticSystems"/> lists the system.</summary>
    public string Name { get; }

    /// <summary>The number of latent dimensions.</summary>
    public int LatentSize => Emission.GetLength(0);

    /// <summary>The number of observed dimensions.</summary>
    public int ObservationSize => Emission.GetLength(1);

    /// <summary>The mean f of the transition.</summary>
    public StateMean Transition { get; }

    /// <summary>The matrix and offset of the transition's mean; null when it is not linear.</summary>
    public LinearMap? LinearTransition { get; }

    /// <summary>The matrix C of the emission's mean, <c>[latent, observed]</c>.</summary>
    public double[,] Emission { get; }

    /// <summary>The variance v_0 of the first latent.</summary>
    public required double InitialVariance { get; init; }

    /// <summary>The variance v_z of a transition; 0: the latents follow f.</summary>
    public required double TransitionVariance { get; init; }

    /// <summary>The variance v_x of an observation.</summary>
    public required double ObservationVariance { get; init; }

    /// <summary>Draws sequences: all latents step by step, then all observations sequence by sequence.</summary>
    /// <param name="sequences">The number of sequences.</param>
    /// <param name="steps">The number of steps of each.</param>
    /// <param name="random">The stream to draw from; it is left where the drawing ended.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not positive.</exception>
    public SyntheticSplit Draw(int sequences, int steps, NumpyLegacyRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequences);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        ArgumentNullException.ThrowIfNull(random);
        double[] latents = DrawLatents(sequences, steps, random);
        double[] observations = EmissionMeans(latents);
        double deviation = Math.Sqrt(ObservationVariance);
        for (int i = 0; i < observations.Length; i++)
        {
            observations[i] += deviation * random.NextGaussian();
        }

        return new SyntheticSplit(sequences, steps, LatentSize, ObservationSize, latents, observations);
    }

    private double[] DrawLatents(int sequences, int steps, NumpyLegacyRandom random)
    {
        int size = LatentSize;
        var latents = new double[checked(sequences * steps * size)];
        var states = new double[size * sequences];
        var means = new double[size * sequences];
        double deviation = Math.Sqrt(InitialVariance);
        for (int t = 0; t < steps; t++)
        {
            for (int n = 0; n < sequences; n++)
            {
                for (int d = 0; d < size; d++)
                {
                    double noise = deviation == 0 ? 0 : deviation * random.NextGaussian();
                    double state = means[d * sequences + n] + noise;
                    states[d * sequences + n] = state;
                    latents[(n * steps + t) * size + d] = state;
                }
            }

            Transition(states, means, sequences);
            deviation = Math.Sqrt(TransitionVariance);
        }

        return latents;
    }

    /// <summary>z C for every step of every sequence.</summary>
    private double[] EmissionMeans(double[] latents)
    {
        int steps = latents.Length / LatentSize;
        var means = new double[checked(steps * ObservationSize)];
        for (int i = 0; i < steps; i++)
        {
            Span<double> mean = means.AsSpan(i * ObservationSize, ObservationSize);
            for (int k = 0; k < LatentSize; k++)
            {
                LinearMap.AddScaled(MemoryMarshal.CreateReadOnlySpan(ref Emission[k, 0], mean.Length), latents[i * LatentSize + k], mean);
            }
        }

        return means;
    }
}
