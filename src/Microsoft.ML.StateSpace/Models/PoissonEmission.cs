using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Independent Poisson counts: log p = x l − eˡ − log x!, l the log-rate of an MLP.</summary>
public sealed record PoissonEmission : Emission
{
    /// <inheritdoc/>
    public override EmissionModule Create(int inputSize, int observationSize, Initializer initializer)
    {
        var hidden = MakeHidden(inputSize, initializer);
        return new PoissonEmissionModule(hidden, MakeFirstOutput(hidden, inputSize, observationSize, initializer));
    }

    /// <inheritdoc/>
    public override string? FaultOf(float value) => CountTargets.FaultOf(value, nameof(PoissonEmission));

    /// <summary>Log-rates beyond are no rates of counts that a float can hold.</summary>
    internal const double LogRateBound = 30;

    /// <summary>The log-rate of a mean, kept off 0: no training set shows that nothing ever occurs.</summary>
    internal static Tensor LogRateOf(Tensor mean) => mean.clamp_min(1e-4).log();
}

internal sealed class PoissonEmissionModule : EmissionModule
{
    private readonly Mlp hidden;
    private readonly OutputLayer logRate;

    public PoissonEmissionModule(Mlp hidden, OutputLayer logRate) : base(nameof(PoissonEmission))
    {
        this.hidden = hidden;
        this.logRate = logRate;
        RegisterComponents();
    }

    // In float64: three large terms make a small one.
    public override bool BroadcastsObservations => true;

    internal override bool HasTape => true;

    internal override TapeValue[] Lay(ScanTape tape, IReadOnlyList<ITapeSource> input) => [logRate.Lay(tape, hidden, input, null).First];

    protected override Tensor LogDensities(Tensor input, Tensor observation) => LogDensitiesOf([logRate.Over(hidden, input)], observation);

    private protected override Tensor LogDensitiesOf(IReadOnlyList<Tensor> laid, Tensor observation)
    {
        var (x, l) = (observation.to(ScalarType.Float64), Bounded(laid[0]).to(ScalarType.Float64));
        return (x * l - l.exp() - (x + 1).lgamma()).to(laid[0].dtype);
    }

    public override Tensor Mean(Tensor input) => MeanOf([logRate.Over(hidden, input)]);

    internal override Tensor MeanOf(IReadOnlyList<Tensor> laid) => Bounded(laid[0]).exp();

    public override Tensor Sample(Tensor input, Tensor uniform) => CountQuantile.Poisson(Mean(input), uniform).to(input.dtype);

    public override void StartAt(Tensor mean, Tensor variance)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        logRate.Bias.copy_(PoissonEmission.LogRateOf(mean));
    }

    private static Tensor Bounded(Tensor logarithm) => logarithm.clamp(-PoissonEmission.LogRateBound, PoissonEmission.LogRateBound);
}
