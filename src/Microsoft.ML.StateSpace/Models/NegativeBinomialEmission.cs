using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Independent negative binomial counts of mean m, the exponential of an MLP, and variance m + m²/r.</summary>
public sealed record NegativeBinomialEmission : Emission
{
    /// <summary>Whether r depends on the input; else it is one learned number per dimension. Default false.</summary>
    public bool DispersionDependsOnLatent { get; init; }

    /// <inheritdoc/>
    public override EmissionModule Create(int inputSize, int observationSize, Initializer initializer)
    {
        var hidden = MakeHidden(inputSize, initializer);
        return new NegativeBinomialEmissionModule(hidden, MakeFirstOutput(hidden, inputSize, observationSize, initializer), this, initializer);
    }

    /// <inheritdoc/>
    public override string? FaultOf(float value) => CountTargets.FaultOf(value, nameof(NegativeBinomialEmission));
}

internal sealed class NegativeBinomialEmissionModule : EmissionModule
{
    // Beyond, the counts are Poisson's on one side and all but always 0 on the other.
    private const double LogDispersionBound = 15;

    private readonly Mlp hidden;
    private readonly OutputLayer logMean;
    private readonly Affine? logDispersion;
    private readonly Parameter? commonLogDispersion;

    public NegativeBinomialEmissionModule(Mlp hidden, OutputLayer logMean, NegativeBinomialEmission options, Initializer initializer)
        : base(nameof(NegativeBinomialEmission))
    {
        this.hidden = hidden;
        this.logMean = logMean;
        long size = logMean.Bias.shape[0];
        if (options.DispersionDependsOnLatent)
            logDispersion = new Affine(hidden.OutputSize, size, initializer);
        else
            commonLogDispersion = initializer.Constant(size);
        RegisterComponents();
    }

    // In float64: the logarithms of Γ are large where r is, and only their difference counts.
    public override bool BroadcastsObservations => true;

    internal override bool HasTape => true;

    internal override TapeValue[] Lay(ScanTape tape, IReadOnlyList<ITapeSource> input)
    {
        var (ofMean, ofDispersion) = logMean.Lay(tape, hidden, input, logDispersion);
        return ofDispersion is null ? [ofMean] : [ofMean, ofDispersion];
    }

    protected override Tensor LogDensities(Tensor input, Tensor observation) => LogDensities(Logarithms(input), observation);

    private protected override Tensor LogDensitiesOf(IReadOnlyList<Tensor> laid, Tensor observation) =>
        LogDensities(Bounded(laid[0], laid.ElementAtOrDefault(1)), observation);

    private static Tensor LogDensities((Tensor Mean, Tensor Dispersion) logarithms, Tensor observation)
    {
        var (logMean, logDispersion) = logarithms;
        var (x, l, r) = (observation.to(ScalarType.Float64), logMean.to(ScalarType.Float64), logDispersion.to(ScalarType.Float64).exp());
        var excess = (l.exp() / r).log1p();
        var failures = l - r.log() - excess;
        return ((x + r).lgamma() - r.lgamma() - (x + 1).lgamma() - r * excess + x * failures).to(logMean.dtype);
    }

    public override Tensor Mean(Tensor input) => Logarithms(input).Mean.exp();

    internal override Tensor MeanOf(IReadOnlyList<Tensor> laid) => Bounded(laid[0], laid.ElementAtOrDefault(1)).Mean.exp();

    public override Tensor Sample(Tensor input, Tensor uniform)
    {
        using var guard = no_grad();
        var (logMean, logDispersion) = Logarithms(input);
        return CountQuantile.NegativeBinomial(logMean.exp(), logDispersion.exp(), uniform).to(input.dtype);
    }

    /// <summary>The mean, and by the moments the dispersion r = m²/(v − m).</summary>
    public override void StartAt(Tensor mean, Tensor variance)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var m = mean.clamp_min(1e-4);
        logMean.Bias.copy_(PoissonEmission.LogRateOf(mean));
        var dispersion = m.square() / (variance - m).maximum(m * 1e-3);
        (logDispersion?.Bias ?? commonLogDispersion!).copy_(dispersion.clamp(1e-2, 1e4).log());
    }

    private (Tensor Mean, Tensor Dispersion) Logarithms(Tensor input)
    {
        var (ofMean, ofDispersion) = logMean.Over(hidden, input, logDispersion);
        return Bounded(ofMean, ofDispersion);
    }

    private (Tensor Mean, Tensor Dispersion) Bounded(Tensor ofMean, Tensor? ofDispersion) =>
        (ofMean.clamp(-PoissonEmission.LogRateBound, PoissonEmission.LogRateBound),
            (ofDispersion ?? commonLogDispersion!).clamp(-LogDispersionBound, LogDispersionBound));
}
