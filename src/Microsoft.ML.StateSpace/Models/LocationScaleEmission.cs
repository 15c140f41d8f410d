using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Rows;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Independent dimensions with a location μ and a squared scale σ² each.</summary>
public abstract record LocationScaleEmission : Emission
{
    /// <summary>Whether σ² depends on the input; else it is one learned number per dimension. Default true.</summary>
    public bool VarianceDependsOnLatent { get; init; } = true;

    /// <summary>How σ² is read off the network; null: its logarithm is (Krishnan et al. 2017). Default null.</summary>
    public VarianceParameterisation? Variance { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() =>
        base.Validate().Concat((Variance?.Validate() ?? []).Select(fault => $"Variance.{fault}"));
}

/// <summary>The networks of μ and σ².</summary>
internal abstract class LocationScaleModule : EmissionModule
{
    // exp of anything beyond is no variance of data a float can hold.
    private const double LogVarianceBound = 30;

    // Protected, for the real package to find them in the derived classes.
    protected readonly Mlp hidden;
    protected readonly OutputLayer mean;
    protected readonly Affine? logVariance;
    protected readonly Parameter? commonLogVariance;
    private readonly VarianceParameterisation? _variance;

    protected LocationScaleModule(string name, Mlp hidden, OutputLayer mean, LocationScaleEmission options, Initializer initializer) : base(name)
    {
        this.hidden = hidden;
        this.mean = mean;
        long size = mean.Bias.shape[0];
        if (options.VarianceDependsOnLatent)
            logVariance = new Affine(hidden.OutputSize, size, initializer);
        else
            commonLogVariance = initializer.Constant(size);
        _variance = options.Variance;
    }

    public override bool BroadcastsObservations => true;

    public sealed override Tensor Mean(Tensor input) => MeanOf([mean.Over(hidden, input)]);

    internal override Tensor MeanOf(IReadOnlyList<Tensor> laid) => laid[0];

    public override void StartAt(Tensor mean, Tensor variance)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var least = variance.clamp_min(1e-6);
        this.mean.Bias.copy_(mean);
        (logVariance?.Bias ?? commonLogVariance!).copy_(_variance?.RawOf(least) ?? least.log());
    }

    internal override bool HasTape => true;

    internal override TapeValue[] Lay(ScanTape tape, IReadOnlyList<ITapeSource> input)
    {
        var (mu, logarithm) = mean.Lay(tape, hidden, input, logVariance);
        return logarithm is null ? [mu] : [mu, logarithm];
    }

    protected sealed override Tensor LogDensities(Tensor input, Tensor observation) => LogDensities(Gaussian(input), observation);

    private protected sealed override Tensor LogDensitiesOf(IReadOnlyList<Tensor> laid, Tensor observation) =>
        LogDensities(Gaussian(laid[0], laid.ElementAtOrDefault(1)), observation);

    /// <summary>log p(x_t,d | μ, σ²) of every dimension, [.., D].</summary>
    protected abstract Tensor LogDensities(DiagonalGaussian gaussian, Tensor observation);

    /// <summary>N(μ, σ²): [.., I] to [.., D].</summary>
    protected DiagonalGaussian Gaussian(Tensor input)
    {
        var (mu, logarithm) = mean.Over(hidden, input, logVariance);
        return Gaussian(mu, logarithm);
    }

    private DiagonalGaussian Gaussian(Tensor mu, Tensor? logarithm)
    {
        var raw = logarithm ?? commonLogVariance!;
        var variance = _variance?.VarianceOf(raw) ?? RowFunctions.Exp(raw.clamp(-LogVarianceBound, LogVarianceBound));
        return new DiagonalGaussian(mu, variance.expand_as(mu));
    }

    /// <summary>The standard normal number of a uniform one, kept off the ends of float32's grid.</summary>
    protected static Tensor NormalOf(Tensor uniform) => Math.Sqrt(2) * (2 * uniform.clamp(1e-7, 1 - 1e-7) - 1).erfinv();
}
