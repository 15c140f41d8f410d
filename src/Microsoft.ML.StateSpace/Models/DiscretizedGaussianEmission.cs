using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Gaussian dimensions rounded down to a grid of bins, as recorded audio is:
/// p(x) = Φ((x + Δ − μ)/σ) − Φ((x − μ)/σ) (Marino et al. 2018).</summary>
public sealed record DiscretizedGaussianEmission : LocationScaleEmission
{
    /// <summary>Δ in the data's units: 2⁻¹⁵, that of 16-bit audio on [−1, 1), over whatever the data were divided by.
    /// Default 1/32768.</summary>
    public double BinWidth { get; init; } = 1.0 / 32768;

    /// <summary>Where the grid of samples begins: its points are offset + k Δ. Default 0.</summary>
    public double BinOffset { get; init; }

    /// <inheritdoc/>
    public override EmissionModule Create(int inputSize, int observationSize, Initializer initializer)
    {
        var hidden = MakeHidden(inputSize, initializer);
        return new DiscretizedGaussianEmissionModule(hidden, MakeFirstOutput(hidden, inputSize, observationSize, initializer), this, initializer);
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (string fault in base.Validate())
            yield return fault;
        if (!(BinWidth > 0 && double.IsFinite(BinWidth)))
            yield return $"BinWidth is {BinWidth}; it must be above 0.";
        if (!double.IsFinite(BinOffset))
            yield return $"BinOffset is {BinOffset}; it must be a finite number.";
    }
}

internal sealed class DiscretizedGaussianEmissionModule : LocationScaleModule
{
    private readonly double _width;
    private readonly double _offset;

    public DiscretizedGaussianEmissionModule(Mlp hidden, OutputLayer mean, DiscretizedGaussianEmission options, Initializer initializer)
        : base(nameof(DiscretizedGaussianEmission), hidden, mean, options, initializer)
    {
        (_width, _offset) = (options.BinWidth, options.BinOffset);
        RegisterComponents();
    }

    protected override Tensor LogDensities(DiagonalGaussian gaussian, Tensor observation)
    {
        // In float64: float32 cannot tell x + Δ from x where the bins are fine.
        var scale = gaussian.Variance.to(ScalarType.Float64).sqrt();
        var middle = (observation.to(ScalarType.Float64) + _width / 2 - gaussian.Mean.to(ScalarType.Float64)) / scale;
        return GaussianInterval.LogProbability(middle, _width / scale).to(gaussian.Mean.dtype);
    }

    /// <summary>μ − Δ/2: exact to 1e-8 Δ where σ ≥ Δ; never off by more than Δ/2.</summary>
    internal override Tensor MeanOf(IReadOnlyList<Tensor> laid) => laid[0] - _width / 2;

    public override Tensor Sample(Tensor input, Tensor uniform)
    {
        using var guard = no_grad();
        var value = Gaussian(input).Sample(NormalOf(uniform));
        return ((value.to(ScalarType.Float64) - _offset) / _width).floor().mul(_width).add(_offset).to(input.dtype);
    }

    public override void StartAt(Tensor mean, Tensor variance)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        base.StartAt(mean + _width / 2, variance);
    }
}
