using Microsoft.ML.StateSpace.Data.Synthetic;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>What <c>generate</c> was asked for; null where an option was not given.</summary>
internal sealed record Generation
{
    /// <summary>A chain of states observed every few steps.</summary>
    public const string ChainGraph = "chain-graph";

    /// <summary>A linear-Gaussian system of chosen sizes.</summary>
    public const string LinearGaussian = "linear-gaussian";

    private const int DefaultSequences = 1000;
    private const int DefaultSteps = 25;
    private const uint DefaultSeed = 1;

    // A part held out is a tenth of the training part.
    private const int HeldOutShare = 10;
    private static readonly string[] Chosen = [LinearGaussian];
    private static readonly string[] Both = [LinearGaussian, ChainGraph];

    /// <summary>Every set's name.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. SyntheticSystems.Names, ChainGraph, LinearGaussian];

    public required string Name { get; init; }

    public uint? Seed { get; init; }

    public int? LatentSize { get; init; }

    public int? ObservationSize { get; init; }

    public int? Sequences { get; init; }

    public int? Steps { get; init; }

    public int? StepsPerObservation { get; init; }

    public double? TransitionVariance { get; init; }

    public double? ObservationVariance { get; init; }

    /// <summary>Draws the set.</summary>
    /// <exception cref="UsageException">An option does not apply to the set, or is out of its range.</exception>
    public SyntheticDataSet Run()
    {
        CheckOptions();
        return Name switch
        {
            ChainGraph => DrawChainGraph(),
            LinearGaussian => DrawLinearGaussian(),
            _ => SyntheticSystems.Generate(Name, Seed),
        };
    }

    private void CheckOptions()
    {
        (string Option, double? Value, string[] Names)[] options =
        [
            ("--latent-size", LatentSize, Both),
            ("--observation-size", ObservationSize, Chosen),
            ("--sequences", Sequences, Both),
            ("--steps", Steps, Both),
            ("--steps-per-observation", StepsPerObservation, [ChainGraph]),
            ("--transition-variance", TransitionVariance, Both),
            ("--observation-variance", ObservationVariance, Both),
        ];
        foreach ((string option, double? value, string[] names) in options)
        {
            if (value is not null && !names.Contains(Name))
                throw new UsageException($"{option} does not apply to {Name}, only to {string.Join(" and ", names)}");
            if (value is not null && !(value > 0 && double.IsFinite(value.Value)))
                throw new UsageException($"{option} must be above 0");
        }

        double numbers = (double)(Sequences ?? DefaultSequences) * (Steps ?? DefaultSteps) * Math.Max(LatentSize ?? 1, ObservationSize ?? 1);
        if (numbers > Array.MaxLength / sizeof(double))
            throw new UsageException($"--sequences times --steps times the size is {numbers:g3}; {Array.MaxLength / sizeof(double)} numbers are the most");
        if (StepsPerObservation is { } every && (Steps ?? new ChainGraphSet().Steps) % every != 0)
            throw new UsageException($"--steps-per-observation is {every}; it must divide --steps");
    }

    private SyntheticDataSet DrawChainGraph()
    {
        var set = new ChainGraphSet();
        set = set with
        {
            Size = LatentSize ?? set.Size,
            Steps = Steps ?? set.Steps,
            StepsPerObservation = StepsPerObservation ?? set.StepsPerObservation,
            TransitionVariance = TransitionVariance ?? set.TransitionVariance,
            ObservationVariance = ObservationVariance ?? set.ObservationVariance,
        };
        var random = new NumpyLegacyRandom(Seed ?? DefaultSeed);
        return Splits(set.System, sequences => set.Draw(sequences, random));
    }

    private SyntheticDataSet DrawLinearGaussian()
    {
        var set = new LinearGaussianSet();
        set = set with
        {
            LatentSize = LatentSize ?? set.LatentSize,
            ObservationSize = ObservationSize ?? set.ObservationSize,
            TransitionVariance = TransitionVariance ?? set.TransitionVariance,
            ObservationVariance = ObservationVariance ?? set.ObservationVariance,
        };
        var random = new NumpyLegacyRandom(Seed ?? DefaultSeed);
        SyntheticSystem system = set.DrawSystem(random);
        return Splits(system, sequences => system.Draw(sequences, Steps ?? DefaultSteps, random));
    }

    private SyntheticDataSet Splits(SyntheticSystem system, Func<int, SyntheticSplit> draw)
    {
        int training = Sequences ?? DefaultSequences;
        int heldOut = Math.Max(1, training / HeldOutShare);
        return new SyntheticDataSet(system, draw(training), draw(heldOut), draw(heldOut));
    }
}
