namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>Sequences of equal length drawn from a known system, with the latents that made them.</summary>
/// <remarks>Both arrays are laid out <c>[sequence, step, dimension]</c>, row-major.</remarks>
public sealed class SyntheticSplit
{
    private readonly double[] _latents;
    private readonly double[] _observations;

    /// <summary>Wraps arrays of <c>[sequences, steps, latentSize]</c> and <c>[sequences, steps, observationSize]</c> numbers.</summary>
    /// <exception cref="ArgumentException">An array's length is not the product of its sizes.</exception>
    public SyntheticSplit(int sequences, int steps, int latentSize, int observationSize, double[] latents, double[] observations)
    {
        ArgumentNullException.ThrowIfNull(latents);
        ArgumentNullException.ThrowIfNull(observations);
        RequireLength(latents, (long)sequences * steps * latentSize, nameof(latents));
        RequireLength(observations, (long)sequences * steps * observationSize, nameof(observations));
        Sequences = sequences;
        Steps = steps;
        LatentSize = latentSize;
        ObservationSize = observationSize;
        _latents = latents;
        _observations = observations;
    }

    /// <summary>The number of sequences.</summary>
    public int Sequences { get; }

    /// <summary>The number of steps of every sequence.</summary>
    public int Steps { get; }

    /// <summary>The number of latent dimensions.</summary>
    public int LatentSize { get; }

    /// <summary>The number of observed dimensions.</summary>
    public int ObservationSize { get; }

    /// <summary>The latents of one sequence, <c>[step, dimension]</c>.</summary>
    public ReadOnlySpan<double> LatentsOf(int sequence) =>
        _latents.AsSpan(sequence * Steps * LatentSize, Steps * LatentSize);

    /// <summary>The observations of one sequence, <c>[step, dimension]</c>.</summary>
    public ReadOnlySpan<double> ObservationsOf(int sequence) =>
        _observations.AsSpan(sequence * Steps * ObservationSize, Steps * ObservationSize);

    /// <summary>Some of the sequences, in the order given.</summary>
    internal SyntheticSplit Take(ReadOnlySpan<int> sequences)
    {
        var latents = new List<double>(sequences.Length * Steps * LatentSize);
        var observations = new List<double>(sequences.Length * Steps * ObservationSize);
        foreach (int sequence in sequences)
        {
            latents.AddRange(LatentsOf(sequence));
            observations.AddRange(ObservationsOf(sequence));
        }

        return new SyntheticSplit(sequences.Length, Steps, LatentSize, ObservationSize, [.. latents], [.. observations]);
    }

    private static void RequireLength(double[] values, long expected, string name)
    {
        if (values.Length != expected)
        {
            throw new ArgumentException($"{expected} numbers are expected, {values.Length} were given.", name);
        }
    }
}

/// <summary>The three splits of a synthetic data set, drawn one after the other from one stream.</summary>
/// <param name="System">The system that they were drawn from.</param>
/// <param name="Train">The training sequences.</param>
/// <param name="Validation">The validation sequences.</param>
/// <param name="Test">The test sequences.</param>
public sealed record SyntheticDataSet(SyntheticSystem System, SyntheticSplit Train, SyntheticSplit Validation, SyntheticSplit Test);
