namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>How steps are drawn.</summary>
public enum SampleMode
{
    /// <summary>z_t and x_t are drawn from their distributions, step by step.</summary>
    Ancestral,
    /// <summary>z_t is the mean of p(z_t | past) and x_t that of p(x_t | z_t, past); the next step's past holds these means.</summary>
    Mean,
}

/// <summary>What is drawn from a model.</summary>
public sealed record SampleOptions
{
    /// <summary>Sequences drawn, or continuations of each prefix. Default 1.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>L, the steps of a sequence, those of the prefix included. Default 50.</summary>
    public int Length { get; init; } = 50;

    /// <summary>P, the steps that are kept of each sequence to be continued; 0 without prefixes. Default 0.</summary>
    public int PrefixLength { get; init; }

    /// <summary>The first so many rows are continued; null: all. Default null.</summary>
    public int? Prefixes { get; init; }

    /// <summary>How steps are drawn. Default: ancestral.</summary>
    public SampleMode Mode { get; init; } = SampleMode.Ancestral;

    /// <summary>Particles of the filter that reads a prefix; null: as many as the model scores with. Default null.</summary>
    public int? Particles { get; init; }

    /// <summary>Time from step to step where the model reads times and there is no prefix. Default 1.</summary>
    public double TimeGap { get; init; } = 1;

    /// <summary>Seed of the draws, with each prefix's own key and the sample's number; null: the model's. Default null.</summary>
    public int? Seed { get; init; }

    /// <summary>Stops the drawing between blocks of samples.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    /// <param name="hasPrefixes">Whether there are sequences to be continued.</param>
    public IEnumerable<string> Validate(bool hasPrefixes)
    {
        if (Samples < 1)
            yield return $"Samples is {Samples}; it must be at least 1.";
        if (Length < 1)
            yield return $"Length is {Length}; it must be at least 1.";
        if (hasPrefixes && PrefixLength < 1)
            yield return $"PrefixLength is {PrefixLength}; it must be at least 1 where prefixes are continued.";
        if (!hasPrefixes && PrefixLength != 0)
            yield return $"PrefixLength is {PrefixLength}, but there are no prefixes; give the sequences or leave it out.";
        if (!hasPrefixes && Prefixes is not null)
            yield return $"Prefixes is {Prefixes}, but there are no prefixes; give the sequences or leave it out.";
        if (hasPrefixes && Length >= 1 && Length <= PrefixLength)
            yield return $"Length is {Length}; it counts the prefix too and must be above PrefixLength, which is {PrefixLength}.";
        if (Prefixes < 1)
            yield return $"Prefixes is {Prefixes}; it must be at least 1.";
        if (!Enum.IsDefined(Mode))
            yield return $"Mode is {Mode}; it must be Ancestral or Mean.";
        if (Particles < 1)
            yield return $"Particles is {Particles}; it must be at least 1.";
        if (!(double.IsFinite(TimeGap) && TimeGap >= 0))
            yield return $"TimeGap is {TimeGap}; it must be finite and at least 0.";
    }
}

/// <summary>A row of what a model draws.</summary>
public sealed class SampledSequence
{
    /// <summary>Names the row: the prefix's name and the sample's number.</summary>
    public string SequenceId { get; set; } = "";

    /// <summary>The sequence that is continued: its id, or its row's number, from 0; empty where nothing is.</summary>
    public string PrefixId { get; set; } = "";

    /// <summary>Number of the sample, from 0.</summary>
    public int Sample { get; set; }

    /// <summary>L·D numbers, step-major: the prefix as it was, NaN where missing, then what was drawn.</summary>
    public float[] Observations { get; set; } = [];

    /// <summary>L·Z numbers, step-major: NaN inside the prefix, then the z_t behind what was drawn.</summary>
    public float[] Latents { get; set; } = [];
}
