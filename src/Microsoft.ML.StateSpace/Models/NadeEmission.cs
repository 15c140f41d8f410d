using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Binary dimensions that depend on each other: NADE (Larochelle and Murray 2011) whose biases an MLP of the input
/// gives (DMM-Aug-NADE, Krishnan et al. 2017).</summary>
/// <remarks>A dimension that is not observed neither counts nor tells the later ones anything, as if it did not exist.</remarks>
public sealed record NadeEmission : Emission
{
    /// <summary>H, the hidden units of the estimator. Default 100.</summary>
    public int NadeSize { get; init; } = 100;

    /// <inheritdoc/>
    public override bool HasMean => false;

    /// <inheritdoc/>
    public override EmissionModule Create(int inputSize, int observationSize, Initializer initializer)
    {
        var hidden = MakeHidden(inputSize, initializer);
        return new NadeEmissionModule(hidden, MakeFirstOutput(hidden, inputSize, observationSize, initializer),
            new Affine(hidden.OutputSize, NadeSize, initializer), new Nade(observationSize, NadeSize, initializer));
    }

    /// <inheritdoc/>
    public override string? FaultOf(float value) => value is 0 or 1 ? null
        : $"{value} is neither 0 nor 1, as the targets of a NadeEmission must be; use a GaussianEmission for other numbers";

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (string fault in base.Validate())
            yield return fault;
        if (NadeSize < 1)
            yield return $"NadeSize is {NadeSize}; it must be at least 1.";
    }
}

internal sealed class NadeEmissionModule : EmissionModule
{
    private readonly Mlp hidden;
    private readonly OutputLayer outputBias;
    private readonly Affine hiddenBias;
    private readonly Nade nade;

    public NadeEmissionModule(Mlp hidden, OutputLayer outputBias, Affine hiddenBias, Nade nade) : base(nameof(NadeEmission))
    {
        this.hidden = hidden;
        this.outputBias = outputBias;
        this.hiddenBias = hiddenBias;
        this.nade = nade;
        RegisterComponents();
    }

    public override bool BroadcastsObservations => true;

    public override bool HasMean => false;

    public override Tensor LogLikelihood(Tensor input, Tensor observation, Tensor? observed) => observed is null
        ? base.LogLikelihood(input, observation, null)
        : (LogDensities(input, observation * observed) * observed).sum(-1);

    protected override Tensor LogDensities(Tensor input, Tensor observation)
    {
        var (ofOutputs, ofHidden) = outputBias.Over(hidden, input, hiddenBias);
        var logits = nade.Logits(ofOutputs, ofHidden!, observation);
        return -nn.functional.binary_cross_entropy_with_logits(logits, observation.expand_as(logits), reduction: nn.Reduction.None);
    }

    public override Tensor Mean(Tensor input) =>
        throw new InvalidOperationException($"The mean of a {nameof(NadeEmission)} has no closed form; average samples.");

    public override Tensor Sample(Tensor input, Tensor uniform)
    {
        using var guard = no_grad();
        var (ofOutputs, ofHidden) = outputBias.Over(hidden, input, hiddenBias);
        return nade.Sample(ofOutputs, ofHidden!, uniform);
    }

    public override void StartAt(Tensor mean, Tensor variance)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        outputBias.Bias.copy_(BernoulliEmission.LogitsOf(mean));
    }
}
