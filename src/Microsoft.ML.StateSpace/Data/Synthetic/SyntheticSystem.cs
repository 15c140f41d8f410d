namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>The mean of many states at once.</summary>
/// <param name="states">States, <c>[dimension, state]</c> row-major.</param>
/// <param name="means">Their means, the same layout.</param>
/// <param name="count">The number of states.</param>
public delegate void StateMean(ReadOnlySpan<double> states, Span<double> means, int count);

/// <summary>
/// A state space system with known functions: z_1 ~ N(0, v_0 I), z_t ~ N(f(z_{t-1}), v_z I), x_t ~ N(c z_t, v_x I).
/// </summary>
/// <remarks>
/// The variances are variances. The systems are those of R. Krishnan, U. Shalit, D. Sontag, "Structured Inference Networks for
/// Nonlinear State Space Models", AAAI 2017, section 6 and appendix.
/// </remarks>
public sealed class SyntheticSystem
{
    internal SyntheticSystem(string name, int size, StateMean transition)
    {
        Name = name;
        Size = size;
        Transition = transition;
    }

    /// <summary>The name under which <see cref="SyntheticSystems"/> lists the system.</summary>
    public string Name { get; }

    /// <summary>The number of latent dimensions; every system here observes as many.</summary>
    public int Size { get; }

    /// <summary>The mean f of the transition.</summary>
    public StateMean Transition { get; }

    /// <summary>The variance v_0 of the first latent.</summary>
    public required double InitialVariance { get; init; }

    /// <summary>The variance v_z of a transition.</summary>
    public required double TransitionVariance { get; init; }

    /// <summary>The variance v_x of an observation.</summary>
    public required double ObservationVariance { get; init; }

    /// <summary>The factor c of the emission's mean.</summary>
    public double EmissionFactor { get; init; } = 0.5;

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
        var observations = new double[latents.Length];
        double deviation = Math.Sqrt(ObservationVariance);
        for (int i = 0; i < observations.Length; i++)
        {
            observations[i] = EmissionFactor * latents[i] + deviation * random.NextGaussian();
        }

        return new SyntheticSplit(sequences, steps, Size, Size, latents, observations);
    }

    private double[] DrawLatents(int sequences, int steps, NumpyLegacyRandom random)
    {
        var latents = new double[sequences * steps * Size];
        var states = new double[Size * sequences];
        var means = new double[Size * sequences];
        double deviation = Math.Sqrt(InitialVariance);
        for (int t = 0; t < steps; t++)
        {
            for (int n = 0; n < sequences; n++)
            {
                for (int d = 0; d < Size; d++)
                {
                    double state = means[d * sequences + n] + deviation * random.NextGaussian();
                    states[d * sequences + n] = state;
                    latents[(n * steps + t) * Size + d] = state;
                }
            }

            Transition(states, means, sequences);
            deviation = Math.Sqrt(TransitionVariance);
        }

        return latents;
    }
}
