using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>N(mean, variance) with independent components in the last dimension; the second argument is a variance.</summary>
/// <param name="Mean">[.., d]</param>
/// <param name="Variance">[.., d], above 0</param>
public sealed record DiagonalGaussian(Tensor Mean, Tensor Variance) : LatentDistribution
{
    /// <summary>The least variance a network can give: a network that is sure of itself must not divide by zero.</summary>
    public const double LeastVariance = 1e-6;

    private static readonly double s_log2Pi = Math.Log(2 * Math.PI);

    /// <summary>softplus(raw) + <see cref="LeastVariance"/>: how networks read a variance that are told nothing else.</summary>
    public static Tensor VarianceOf(Tensor raw) => raw.softplus() + LeastVariance;

    /// <inheritdoc/>
    public override (Tensor Mean, Tensor Variance)? Moments => (Mean, Variance);

    /// <summary>log N(<paramref name="x"/>; mean, variance) summed over the last dimension, in nats: [..].</summary>
    public override Tensor LogProbability(Tensor x) => LogProbability(x, null);

    /// <summary>log N(<paramref name="x"/>; mean, variance) summed over the components that count, in nats: [..].</summary>
    /// <param name="x">[.., d]</param>
    /// <param name="counts">1 for components that count, else 0, [.., d] as x or broadcast against it; null: all do.</param>
    internal Tensor LogProbability(Tensor x, Tensor? counts)
    {
        if (RowGaussian.Serves(Mean, Variance, x))
            return RowGaussian.LogProbability(Mean, Variance, x, counts);
        var densities = LogDensities(x);
        return (counts is null ? densities : densities * counts).sum(-1);
    }

    /// <summary>log N(x; mean, variance) of every component, in nats: [.., d].</summary>
    public Tensor LogDensities(Tensor x) => -0.5 * ((x - Mean).square() / Variance + Variance.log() + s_log2Pi);

    /// <summary>log N(point; mean, variance) of many points under many Gaussians of the same row, in nats, by one matrix product per row:
    /// [row, point, particle], in float64.</summary>
    /// <remarks>Mean and variance are [particle, row, d]. With a = x − c and m = mean − c, (x − mean)²/variance = (a², a, 1) · (1/v, −2m/v, m²/v).
    /// c is one of the means, since what cancels in that sum is small where all is near.</remarks>
    /// <param name="points">[point, row, d]</param>
    /// <param name="observed">1 for components that count, [row, d]; null: all do.</param>
    internal Tensor CrossLogProbability(Tensor points, Tensor? observed)
    {
        using var scope = NewDisposeScope();
        Tensor ByRow(Tensor values) => values.transpose(0, 1).to(ScalarType.Float64).contiguous();
        var (mean, variance, x) = (ByRow(Mean), ByRow(Variance), ByRow(points));
        var centre = mean.narrow(1, 0, 1);
        var counts = observed?.to(ScalarType.Float64).unsqueeze(1);
        var (a, m) = (x - centre, mean - centre);
        var constants = variance.log() + s_log2Pi;
        var precision = counts is null ? 1 / variance : counts / variance;
        var shift = m * precision;
        var rest = (m * shift + (counts is null ? constants : constants * counts)).sum(-1, keepdim: true);
        var left = cat([a.square(), a, ones_like(a.narrow(-1, 0, 1))], -1);
        var right = cat([-0.5 * precision, shift, -0.5 * rest], -1);
        return left.bmm(right.transpose(1, 2)).MoveToOuterDisposeScope();
    }

    /// <summary>mean + √variance ⊙ noise: a reparameterised draw.</summary>
    /// <param name="noise">Standard normal, broadcast against the mean.</param>
    public Tensor Sample(Tensor noise) => RowGaussian.Serves(Mean, Variance, noise) ? RowGaussian.Sample(Mean, Variance, noise) : Mean + Variance.sqrt() * noise;

    /// <inheritdoc/>
    public override LatentDraw Draw(Tensor noise)
    {
        var latent = Sample(noise);
        return new LatentDraw(latent, () => LogProbability(latent));
    }

    /// <inheritdoc/>
    /// <remarks>½ Σ_d [log p_v − log q_v − 1 + q_v/p_v + (μ_p − μ_q)²/p_v].</remarks>
    public override Tensor? Kl(LatentDistribution prior) => prior switch
    {
        DiagonalGaussian diagonal => Kl(diagonal),
        FullGaussian full => FullGaussian.Of(this).Kl(full),
        _ => null,
    };

    /// <summary>KL(this ‖ <paramref name="prior"/>) summed over the last dimension, in nats: [..].</summary>
    public Tensor Kl(DiagonalGaussian prior) =>
        0.5 * (prior.Variance.log() - Variance.log() - 1
            + (Variance + (prior.Mean - Mean).square()) / prior.Variance).sum(-1);

    /// <inheritdoc/>
    public override LatentDistribution Detach() => new DiagonalGaussian(Mean.detach(), Variance.detach());

    /// <summary>The normalised product of two Gaussians: precisions add.</summary>
    public DiagonalGaussian Product(DiagonalGaussian other)
    {
        var total = Variance + other.Variance;
        return new((Mean * other.Variance + other.Mean * Variance) / total, Variance * other.Variance / total);
    }

    internal static DiagonalGaussian Concatenate(IReadOnlyList<DiagonalGaussian> parts) =>
        new(Broadcast.Concatenate([.. parts.Select(p => p.Mean)], -2), Broadcast.Concatenate([.. parts.Select(p => p.Variance)], -2));
}
