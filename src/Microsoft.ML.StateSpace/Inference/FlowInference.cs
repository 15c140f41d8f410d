using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>Inverse autoregressive flow (Kingma et al. 2016) on top of any inference network: z_0 is drawn from the base's q and
/// pushed through layers z_k = σ(s_k) ⊙ z_{k−1} + (1 − σ(s_k)) ⊙ m_k, every other one in reversed order.</summary>
/// <remarks>The KL to the prior has no closed form, and is sampled. The layers learn from the bound, whatever the base learns from.</remarks>
public sealed record FlowInference : WrappedInference
{
    /// <summary>Layers, at least 1. Default 2.</summary>
    public int Flows { get; init; } = 2;

    /// <summary>Units of each hidden layer of the masked networks. Default 64.</summary>
    public int HiddenSize { get; init; } = 64;

    /// <summary>Hidden layers of each masked network, at least 1. Default 1.</summary>
    public int HiddenLayers { get; init; } = 1;

    /// <summary>The hidden layers' nonlinearity. Default tanh.</summary>
    public Activation Activation { get; init; } = Activation.Tanh;

    /// <summary>Whether the layers also read mean and log-variance of the base's Gaussian, and in them what it has seen of x; else
    /// they are the same for every x and step, as in Pyro's model. Default false.</summary>
    public bool Conditional { get; init; }

    /// <inheritdoc/>
    public override bool IsGaussian => false;

    /// <inheritdoc/>
    public override InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer) =>
        new FlowInferenceModule(this, Base.Create(model, readsMask, initializer), model.LatentSize, initializer);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (Flows < 1)
            yield return $"Flows is {Flows}; it must be at least 1.";
        if (HiddenSize < 1)
            yield return $"HiddenSize is {HiddenSize}; it must be at least 1.";
        if (HiddenLayers < 1)
            yield return $"HiddenLayers is {HiddenLayers}; it must be at least 1.";
        if (Conditional && !Base.IsGaussian)
            yield return "Conditional reads mean and variance, which a Base that is no Gaussian does not have.";
        foreach (string fault in base.Validate())
            yield return fault;
    }
}

internal sealed class FlowInferenceModule : WrappedInferenceModule
{
    private readonly ModuleList<InverseAutoregressiveFlow> flows = new();
    private readonly bool _conditional;

    public FlowInferenceModule(FlowInference options, InferenceModule inner, int latentSize, Initializer initializer)
        : base(nameof(FlowInference), inner)
    {
        _conditional = options.Conditional;
        var settings = new FlowSettings(options.HiddenSize, options.HiddenLayers, options.Activation);
        for (int k = 0; k < options.Flows; k++)
            flows.Add(new InverseAutoregressiveFlow(latentSize, settings, k % 2 == 1, options.Conditional ? 2 * latentSize : 0, initializer));
        RegisterComponents();
    }

    internal override bool CutsPrior => inner.CutsPrior;

    public override LatentDistribution Posterior(PosteriorQuery query)
    {
        var start = inner.Posterior(query);
        Tensor? context = null;
        if (_conditional && start.Moments is { } moments)
            context = cat([moments.Mean, moments.Variance.log()], -1);
        return new FlowedDistribution(start, [.. flows], context);
    }
}
