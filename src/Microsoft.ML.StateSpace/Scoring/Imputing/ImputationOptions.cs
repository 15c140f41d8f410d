namespace Microsoft.ML.StateSpace.Scoring.Imputing;

/// <summary>How observed values are hidden, to be compared with what is imputed in their place.</summary>
/// <remarks>Of every sequence a share of the observed values is drawn by its own key (its name, else its values), so that what is hidden does not
/// depend on the other sequences or their order. A sequence's last observed value stays: hidden ones lie between observed steps. So do the
/// values of a dimension all of whose values in the data were drawn.</remarks>
public sealed record ImputationOptions
{
    /// <summary>Share of a sequence's observed values that is hidden, on average. Default 0.1.</summary>
    public double HiddenShare { get; init; } = 0.1;

    /// <summary>Seed of what is hidden. The model's own seed draws what it imputes. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Is told the number of sequences that are done; null: nobody. Default null.</summary>
    public IProgress<int>? Progress { get; init; }

    /// <summary>Ends the evaluation between two batches.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (HiddenShare is not (> 0 and < 1))
            yield return $"HiddenShare is {HiddenShare}; it must lie between 0 and 1.";
    }
}
