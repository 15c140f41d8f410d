using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>What the softplus of a network's output is taken for.</summary>
public enum VarianceConvention
{
    /// <summary>σ² = softplus(raw + bias) + least (Krishnan et al. 2017).</summary>
    Variance,
    /// <summary>σ = max(softplus(raw + bias), least) (Maddison et al. 2017; Pyro).</summary>
    Scale,
}

/// <summary>How a network's output, any real number, becomes a variance.</summary>
public sealed partial record VarianceParameterisation
{
    /// <summary>Whether the softplus is a variance or a scale. Default: a variance.</summary>
    public VarianceConvention Convention { get; init; } = VarianceConvention.Variance;

    /// <summary>Added before the softplus: the published raw_sigma_bias. Default 0.</summary>
    public double RawBias { get; init; }

    /// <summary>What is added to the variance, or the least scale: the published sigma_min. Default 1e-6.</summary>
    public double Least { get; init; } = DiagonalGaussian.LeastVariance;

    /// <summary>The variance: [..] to [..], above 0.</summary>
    public Tensor VarianceOf(Tensor raw)
    {
        var biased = RawBias == 0 ? raw : raw + RawBias;
        return Convention == VarianceConvention.Variance ? RowFunctions.Softplus(biased, Least) : RowFunctions.Softplus(biased).clamp_min(Least).square();
    }

    /// <summary>The Gaussian whose mean and raw variance stand side by side, [.., 2d].</summary>
    internal DiagonalGaussian GaussianOf(Tensor both)
    {
        if (RowProduct.Serves(both))
        {
            var (mean, raw) = RowFunctions.Halves(both);
            return new DiagonalGaussian(mean, VarianceOf(raw));
        }
        var parts = both.chunk(2, -1);
        return new DiagonalGaussian(parts[0], VarianceOf(parts[1]));
    }

    /// <summary>σ, where σ² is <see cref="VarianceOf"/>: [..] to [..].</summary>
    internal Tensor ScaleOf(Tensor raw)
    {
        var positive = (RawBias == 0 ? raw : raw + RawBias).softplus();
        return Convention == VarianceConvention.Variance ? (positive + Least).sqrt() : positive.clamp_min(Least);
    }

    /// <summary>dσ/draw, where σ² is <see cref="VarianceOf"/>: [..] to [..].</summary>
    internal Tensor ScaleSlope(Tensor raw)
    {
        var biased = RawBias == 0 ? raw : raw + RawBias;
        var slope = biased.sigmoid();
        return Convention == VarianceConvention.Variance ? 0.5 * slope / (biased.softplus() + Least).sqrt()
            : slope * biased.softplus().ge(Least);
    }

    /// <summary>The output that gives a variance, or nearly the least one: the inverse of <see cref="VarianceOf"/>.</summary>
    public Tensor RawOf(Tensor variance)
    {
        var positive = (Convention == VarianceConvention.Variance ? variance - Least : variance.sqrt()).clamp_min(Math.Max(Least, 1e-6));
        return positive + (-(-positive).expm1()).log() - RawBias;
    }

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (!double.IsFinite(RawBias))
            yield return $"RawBias is {RawBias}; it must be a finite number.";
        if (!(Least >= LeastOf(Convention) && double.IsFinite(Least)))
            yield return $"Least is {Least}; it must be at least {LeastOf(Convention)}: a network that is sure of itself must not divide by zero.";
    }

    // Squared, a smaller scale would be no number that float32 can divide by.
    private static double LeastOf(VarianceConvention convention) => convention == VarianceConvention.Scale ? 1e-8 : 1e-12;
}
