namespace Microsoft.ML.StateSpace.Tool.Report;

/// <summary>What a report looks at, and how much of it is drawn.</summary>
internal sealed record ReportOptions
{
    /// <summary>Probability of the reconstructions' band.</summary>
    public const double BandLevel = 0.8;

    /// <summary>Rows of a heat map at most.</summary>
    public const int MostRows = 128;

    /// <summary>Sequences drawn.</summary>
    public int Sequences { get; init; } = 3;

    /// <summary>Steps drawn of a sequence at most, its last ones.</summary>
    public int Steps { get; init; } = 200;

    /// <summary>Dimensions drawn as lines at most, latents and observations alike; more observations are a heat map.</summary>
    public int Dimensions { get; init; } = 8;

    /// <summary>Sequences behind the metrics at most.</summary>
    public int Evaluated { get; init; } = 200;

    /// <summary>Samples behind the bounds.</summary>
    public int Particles { get; init; } = 100;

    /// <summary>Steps forecast; null: as many as the model was trained for, or, where that is one, a quarter of the middle sequence, 24 at most.</summary>
    public int? Horizon { get; init; }

    /// <summary>Forecasts of each sequence at most, the last of which ends with it.</summary>
    public int Origins { get; init; } = 1;

    /// <summary>Sample paths behind each forecast, and behind each reconstruction.</summary>
    public int Paths { get; init; } = 200;

    /// <summary>Names of the dimensions; null: those of the data.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Seed of all draws.</summary>
    public int Seed { get; init; } = 1;
}
