using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>The options that every inference network over an RNN shares.</summary>
public abstract record RecurrentInference : InferenceNetwork
{
    /// <summary>Which way the RNN reads. Default backward.</summary>
    public Direction Direction { get; init; } = Direction.Backward;

    /// <summary>The recurrent cell. Default LSTM.</summary>
    public RnnCell Cell { get; init; } = RnnCell.Lstm;

    /// <summary>Units of each recurrent layer. Default 64.</summary>
    public int HiddenSize { get; init; } = 64;

    /// <summary>Recurrent layers, 1 or 2. Default 1.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>Units of the layer before the RNN; null: as many as <see cref="HiddenSize"/>; 0: no such layer. Default null.</summary>
    public int? EmbeddingSize { get; init; }

    /// <summary>Share of units dropped while training. Default 0.</summary>
    public double Dropout { get; init; }

    /// <summary>Share of the observed numbers that the RNN is not shown while training, as if they were missing; the bound still has
    /// them explained. The network then learns to infer what it is not shown, as it must where values are missing. Default 0.</summary>
    public double InputDropout { get; init; }

    /// <summary>How the variance is read off the network: softplus is a variance (Krishnan et al. 2017), or a scale, as in Pyro's
    /// program. Default: a variance.</summary>
    public VarianceParameterisation Variance { get; init; } = new();

    /// <inheritdoc/>
    public override bool UsesFuture => Direction != Direction.Forward;

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (HiddenSize < 1)
            yield return $"HiddenSize is {HiddenSize}; it must be at least 1.";
        if (Layers is < 1 or > 2)
            yield return $"Layers is {Layers}; it must be 1 or 2.";
        if (EmbeddingSize < 0)
            yield return $"EmbeddingSize is {EmbeddingSize}; it must be at least 0.";
        if (Dropout is not (>= 0 and < 1))
            yield return $"Dropout is {Dropout}; it must be at least 0 and below 1.";
        if (InputDropout is not (>= 0 and < 1))
            yield return $"InputDropout is {InputDropout}; it must be at least 0 and below 1.";
        foreach (string fault in Variance.Validate())
            yield return $"Variance.{fault}";
    }

    internal RnnSettings Settings => new(Cell, HiddenSize, Layers, EmbeddingSize ?? HiddenSize, Dropout);

    /// <summary>One encoder per direction read: forward first.</summary>
    internal RnnEncoder[] Encoders(int observationSize, bool readsMask, Initializer initializer)
    {
        int inputs = readsMask ? 2 * observationSize : observationSize;
        bool[] backward = Direction switch
        {
            Direction.Forward => [false],
            Direction.Backward => [true],
            Direction.Both => [false, true],
            _ => throw new ArgumentOutOfRangeException(nameof(Direction), Direction, "Unknown direction."),
        };
        return [.. backward.Select(b => new RnnEncoder(inputs, Settings, b, initializer))];
    }
}
