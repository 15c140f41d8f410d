namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>
/// A diffusion that is observed every k steps, the chain graph of C. Maddison et al., "Filtering Variational Objectives",
/// NeurIPS 2017: z_0 ~ N(0, v_x I), z_t ~ N(z_{t-1}, v_z I), and where k divides t x_t ~ N(z_t, v_x I).
/// </summary>
/// <remarks>
/// Sequences hold steps 1 to T; a step that is not observed is NaN. z_0 is not part of them: what is left of it is the
/// variance v_x + v_z of z_1. One numpy stream draws sequence after sequence, step after step, the state before its observation.
/// </remarks>
public sealed record ChainGraphSet
{
    /// <summary>The dimensions of a state and of an observation.</summary>
    public int Size { get; init; } = 1;

    /// <summary>T, the steps of a sequence.</summary>
    public int Steps { get; init; } = 10;

    /// <summary>k, the steps from one observation to the next; it divides <see cref="Steps"/>.</summary>
    public int StepsPerObservation { get; init; } = 1;

    /// <summary>v_z.</summary>
    public double TransitionVariance { get; init; } = 1;

    /// <summary>v_x, which is also that of z_0.</summary>
    public double ObservationVariance { get; init; } = 1;

    /// <summary>The system of steps 1 to T.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public SyntheticSystem System
    {
        get
        {
            Validate();
            return new SyntheticSystem("chain-graph", LinearMap.Scale(Size, 1), LinearMap.Diagonal(Size, 1))
            {
                InitialVariance = ObservationVariance + TransitionVariance,
                TransitionVariance = TransitionVariance,
                ObservationVariance = ObservationVariance,
            };
        }
    }

    /// <summary>Draws sequences.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public SyntheticSplit Draw(int sequences, NumpyLegacyRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequences);
        ArgumentNullException.ThrowIfNull(random);
        Validate();
        (double transition, double observation) = (Math.Sqrt(TransitionVariance), Math.Sqrt(ObservationVariance));
        var latents = new double[checked(sequences * Steps * Size)];
        var observations = new double[latents.Length];
        var state = new double[Size];
        for (int n = 0; n < sequences; n++)
        {
            Array.Clear(state);
            Diffuse(state, observation, random);
            for (int t = 1; t <= Steps; t++)
            {
                Diffuse(state, transition, random);
                Span<double> observed = observations.AsSpan((n * Steps + t - 1) * Size, Size);
                state.CopyTo(latents, (n * Steps + t - 1) * Size);
                state.CopyTo(observed);
                if (t % StepsPerObservation == 0)
                {
                    Diffuse(observed, observation, random);
                }
                else
                {
                    observed.Fill(double.NaN);
                }
            }
        }

        return new SyntheticSplit(sequences, Steps, Size, Size, latents, observations);
    }

    private static void Diffuse(Span<double> state, double deviation, NumpyLegacyRandom random)
    {
        foreach (ref double value in state)
        {
            value += deviation * random.NextGaussian();
        }
    }

    private void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Size);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Steps);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(StepsPerObservation);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(TransitionVariance);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ObservationVariance);
        if (Steps % StepsPerObservation != 0)
        {
            throw new ArgumentException($"StepsPerObservation is {StepsPerObservation}; it must divide Steps ({Steps}).");
        }
    }
}
