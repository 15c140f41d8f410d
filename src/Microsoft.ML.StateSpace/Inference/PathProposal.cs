using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>What the proposals share that read what the model tells of the past: h_t of a VRNN, h_t and enc_z(z_{t−1}) of an SRNN,
/// z_{t−1} where there is no path; z_0 = 0.</summary>
public abstract record PathProposal : InferenceNetwork
{
    /// <summary>Units of each hidden layer. Default 64.</summary>
    public int HiddenSize { get; init; } = 64;

    /// <summary>Hidden layers, at least 1. Default 1.</summary>
    public int HiddenLayers { get; init; } = 1;

    /// <summary>The hidden layers' nonlinearity. Default ReLU.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>Whether the network gives a correction to the prior's mean rather than the mean itself: μ = μ_prior + net(·)
    /// (res_q of Maddison et al. 2017). Default false.</summary>
    public bool AddsPriorMean { get; init; }

    /// <summary>How the variance is read off the network.</summary>
    public VarianceParameterisation Variance { get; init; } = new();

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (HiddenSize < 1)
            yield return $"HiddenSize is {HiddenSize}; it must be at least 1.";
        if (HiddenLayers < 1)
            yield return $"HiddenLayers is {HiddenLayers}; it must be at least 1.";
        foreach (string fault in Variance.Validate())
            yield return $"Variance.{fault}";
    }

    /// <summary>The network of these sizes that reads nothing beyond x_t.</summary>
    internal FilteringPathProposal Filtering() => new()
    {
        HiddenSize = HiddenSize,
        HiddenLayers = HiddenLayers,
        Activation = Activation,
        AddsPriorMean = AddsPriorMean,
        Variance = Variance,
    };
}

/// <summary>The filtering proposal q(z_t | past, x_t): an MLP of the model's features of the past and of x_t (Maddison et al. 2017).</summary>
public sealed record FilteringPathProposal : PathProposal
{
    /// <inheritdoc/>
    public override bool UsesFuture => false;

    /// <inheritdoc/>
    public override InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer) =>
        new PathProposalModule(this, null, model, readsMask, initializer);
}

/// <summary>The smoothing proposal q(z_t | past, x_t … x_T): as the filtering one, reading also g_t, an RNN that runs from each
/// sequence's last step backwards over x and, where the data alone decide it, the path h (Fraccaro et al. 2016).</summary>
public sealed record SmoothingPathProposal : PathProposal
{
    /// <summary>The recurrent cell of g. Default LSTM.</summary>
    public RnnCell Cell { get; init; } = RnnCell.Lstm;

    /// <summary>Units of g. Default 64.</summary>
    public int RecurrentSize { get; init; } = 64;

    /// <summary>Whether g reads h_t beside x_t, where h_t depends on the data alone, as an SRNN's does. Default true.</summary>
    public bool ReadsPath { get; init; } = true;

    /// <inheritdoc/>
    public override bool UsesFuture => true;

    /// <inheritdoc/>
    public override InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer) =>
        new PathProposalModule(this, this, model, readsMask, initializer);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => RecurrentSize < 1
        ? [.. base.Validate(), $"RecurrentSize is {RecurrentSize}; it must be at least 1."] : base.Validate();
}
