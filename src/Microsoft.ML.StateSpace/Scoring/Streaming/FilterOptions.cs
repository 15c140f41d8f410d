namespace Microsoft.ML.StateSpace.Scoring.Streaming;

/// <summary>How series are filtered one step at a time; what is null is as the model scores.</summary>
public sealed record FilterOptions
{
    /// <summary>How latents, likelihoods and forecasts are found. Default null.</summary>
    public FilterMethod? Filter { get; init; }

    /// <summary>Particles of the filter; on the CPU multiples of 64 are fastest for many series. Default null.</summary>
    public int? Particles { get; init; }

    /// <summary>Seed of the draws, with each series' name. Default null.</summary>
    public int? Seed { get; init; }

    /// <summary>Whether every step gets an anomaly score; with particles it costs about as much as the step itself. Default false.</summary>
    public bool AnomalyScores { get; init; }

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (Filter is { } filter && !Enum.IsDefined(filter))
            yield return $"Filter is {filter}; it must be Auto, Particle or Unscented.";
        if (Particles < 1)
            yield return $"Particles is {Particles}; it must be at least 1.";
    }
}
