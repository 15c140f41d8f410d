using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Independent Bernoulli dimensions: log p = x·l − softplus(l), l the logits of an MLP.</summary>
public sealed record BernoulliEmission : Emission
{
    /// <inheritdoc/>
    public override EmissionModule Create(int inputSize, int observationSize, Initializer initializer)
    {
        var hidden = MakeHidden(inputSize, initializer);
        return new BernoulliEmissionModule(hidden, MakeFirstOutput(hidden, inputSize, observationSize, initializer));
    }

    /// <inheritdoc/>
    public override string? FaultOf(float value) => value is >= 0 and <= 1 ? null
        : $"{value} is outside [0, 1], where the targets of a Bernoulli emission must be; scale the data or use a GaussianEmission";

    /// <summary>The logits of a mean, kept off the ends: no training set shows that a value never occurs.</summary>
    internal static Tensor LogitsOf(Tensor mean)
    {
        var p = mean.clamp(1e-4, 0.9999);
        return (p / (1 - p)).log();
    }
}

internal sealed class BernoulliEmissionModule : EmissionModule
{
    private readonly Mlp hidden;
    private readonly OutputLayer logits;

    public BernoulliEmissionModule(Mlp hidden, OutputLayer logits) : base(nameof(BernoulliEmission))
    {
        this.hidden = hidden;
        this.logits = logits;
        RegisterComponents();
    }

    internal override bool HasTape => true;

    internal override TapeValue[] Lay(ScanTape tape, IReadOnlyList<ITapeSource> input) => [logits.Lay(tape, hidden, input, null).First];

    protected override Tensor LogDensities(Tensor input, Tensor observation) => LogDensitiesOf([Logits(input)], observation);

    private protected override Tensor LogDensitiesOf(IReadOnlyList<Tensor> laid, Tensor observation)
    {
        var l = laid[0];
        return -nn.functional.binary_cross_entropy_with_logits(l, observation.expand_as(l), reduction: nn.Reduction.None);
    }

    // x·l − softplus(l) is linear in x: one product per row.
    internal override Tensor CrossLogLikelihood(Tensor input, Tensor points, Tensor? observed)
    {
        using var scope = NewDisposeScope();
        var l = Logits(input);
        Tensor weights = observed is null ? l : l * observed, constants = observed is null ? l.softplus() : l.softplus() * observed;
        return (points.transpose(0, 1).bmm(weights.permute(1, 2, 0)) - constants.sum(-1).t().unsqueeze(1)).MoveToOuterDisposeScope();
    }

    public override Tensor Mean(Tensor input) => MeanOf([Logits(input)]);

    internal override IReadOnlyList<Tensor> SlopesOf(IReadOnlyList<Tensor> laid, Tensor observation) => [observation - laid[0].sigmoid()];

    internal override Tensor MeanOf(IReadOnlyList<Tensor> laid) => laid[0].sigmoid();

    public override Tensor Sample(Tensor input, Tensor uniform) => uniform.lt(Mean(input)).to(input.dtype);

    public override void StartAt(Tensor mean, Tensor variance)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        logits.Bias.copy_(BernoulliEmission.LogitsOf(mean));
    }

    private Tensor Logits(Tensor input) => logits.Over(hidden, input);
}
