using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>N(mean, L Lᵀ) with correlated components.</summary>
/// <param name="Mean">[.., row, d]</param>
/// <param name="Factor">L, lower triangular with a positive diagonal, [.., row, d, d] or [row, d, d].</param>
public sealed record FullGaussian(Tensor Mean, Tensor Factor) : LatentDistribution
{
    private static readonly double s_log2Pi = Math.Log(2 * Math.PI);

    /// <summary>N(mean, covariance): [.., row, d] and [.., row, d, d]; its factor is NaN where a covariance is not positive definite.</summary>
    public static FullGaussian OfCovariance(Tensor mean, Tensor covariance) => new(mean, CholeskyFactor.OrNaN(covariance));

    /// <summary>A diagonal Gaussian as a full one.</summary>
    public static FullGaussian Of(DiagonalGaussian diagonal) => new(diagonal.Mean, diag_embed(diagonal.Variance.sqrt()));

    /// <inheritdoc/>
    public override (Tensor Mean, Tensor Variance)? Moments => (Mean, Factor.square().sum(-1).expand_as(Mean));

    /// <inheritdoc/>
    public override LatentDraw Draw(Tensor noise)
    {
        var latent = Mean + matmul(Factor, noise.unsqueeze(-1)).squeeze(-1);
        return new LatentDraw(latent, () => LogProbability(latent));
    }

    /// <inheritdoc/>
    public override Tensor LogProbability(Tensor latent)
    {
        var white = Whiten(latent - Mean);
        return -0.5 * (white.square() + s_log2Pi).sum(-1) - LogDeterminant;
    }

    /// <inheritdoc/>
    public override Tensor? Kl(LatentDistribution prior) => prior switch
    {
        FullGaussian full => Kl(full),
        DiagonalGaussian diagonal => Kl(Of(diagonal)),
        _ => null,
    };

    /// <summary>KL(this ‖ <paramref name="prior"/>) in nats: [.., row].</summary>
    public Tensor Kl(FullGaussian prior)
    {
        var distance = prior.Whiten(prior.Mean - Mean).square().sum(-1);
        var relative = linalg.solve_triangular(prior.Factor, Factor, upper: false);
        return 0.5 * (relative.square().sum(new long[] { -2, -1 }) + distance - Mean.shape[^1]) + prior.LogDeterminant - LogDeterminant;
    }

    /// <inheritdoc/>
    public override LatentDistribution Detach() => new FullGaussian(Mean.detach(), Factor.detach());

    /// <summary>The normalised product of two Gaussians: precisions add.</summary>
    public FullGaussian Product(FullGaussian other)
    {
        // K = A (A + B)⁻¹: mean + K (mean' − mean), A − K A.
        Tensor a = matmul(Factor, Factor.mT), b = matmul(other.Factor, other.Factor.mT);
        var gain = CholeskyFactor.Solve(CholeskyFactor.OrNaN(a + b), a).mT;
        var mean = Mean + matmul(gain, (other.Mean - Mean).unsqueeze(-1)).squeeze(-1);
        var covariance = a - matmul(gain, a);
        return OfCovariance(mean, 0.5 * (covariance + covariance.mT));
    }

    internal static FullGaussian Concatenate(IReadOnlyList<FullGaussian> parts) =>
        new(Broadcast.Concatenate([.. parts.Select(p => p.Mean)], -2), Broadcast.Concatenate([.. parts.Select(p => p.Factor)], -3));

    // ½ log |Σ|, [.., row].
    private Tensor LogDeterminant => Factor.diagonal(0, -2, -1).log().sum(-1);

    // Where all particles share a factor they are the columns of one right-hand side.
    private Tensor Whiten(Tensor centred) => Factor.dim() == 3 && centred.dim() == 3
        ? linalg.solve_triangular(Factor, centred.permute(1, 2, 0), upper: false).permute(2, 0, 1)
        : linalg.solve_triangular(Factor, centred.unsqueeze(-1), upper: false).squeeze(-1);
}
