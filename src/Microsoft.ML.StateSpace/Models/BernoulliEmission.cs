using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Independent Bernoulli dimensions: log p = x·l − softplus(l), l the logits of an MLP.</summary>
public sealed record BernoulliEmission : Emission
{
    /// <inheritdoc/>
    public override EmissionModule Create(int inputSize, int observationSize, Initializer initializer) =>
        new BernoulliEmissionModule(inputSize, observationSize, this, initializer);

    /// <inheritdoc/>
    public override string? FaultOf(float value) => value is >= 0 and <= 1 ? null
        : $"{value} is outside [0, 1], where the targets of a Bernoulli emission must be; scale the data or use a GaussianEmission";
}

internal sealed class BernoulliEmissionModule : EmissionModule
{
    private readonly Mlp hidden;
    private readonly Affine logits;

    public BernoulliEmissionModule(int inputSize, int observationSize, Emission options, Initializer initializer)
        : base(nameof(BernoulliEmission))
    {
        hidden = new Mlp(inputSize, options.HiddenSize, options.HiddenLayers, options.Activation, initializer);
        logits = new Affine(hidden.OutputSize, observationSize, initializer);
        RegisterComponents();
    }

    protected override Tensor LogDensities(Tensor latent, Tensor observation)
    {
        var l = Logits(latent);
        return -nn.functional.binary_cross_entropy_with_logits(l, observation.expand_as(l), reduction: nn.Reduction.None);
    }

    public override Tensor Mean(Tensor latent) => Logits(latent).sigmoid();

    public override Tensor Sample(Tensor latent, Tensor uniform) => uniform.lt(Mean(latent)).to(latent.dtype);

    public override void StartAt(Tensor mean, Tensor variance)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var p = mean.clamp(1e-4, 0.9999);
        logits.Bias.copy_((p / (1 - p)).log());
    }

    private Tensor Logits(Tensor latent) => logits.call(hidden.call(latent));
}
