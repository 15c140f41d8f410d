using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>A distribution over [.., row, Z] with reparameterised draws: a prior p(z_t | ·) or a posterior q(z_t | ·).</summary>
public abstract record LatentDistribution
{
    /// <summary>A draw, differentiable in the parameters.</summary>
    /// <param name="noise">Standard normal, [.., row, Z].</param>
    public abstract LatentDraw Draw(Tensor noise);

    /// <summary>log density at <paramref name="latent"/> [.., row, Z], in nats: [.., row].</summary>
    public abstract Tensor LogProbability(Tensor latent);

    /// <summary>Mean and marginal variance, [.., row, Z]; null where they have no closed form.</summary>
    public abstract (Tensor Mean, Tensor Variance)? Moments { get; }

    /// <summary>KL(this ‖ <paramref name="prior"/>) in nats, [.., row]; null where it has no closed form.</summary>
    public virtual Tensor? Kl(LatentDistribution prior) => null;

    /// <summary>The same distribution with every tensor's gradient cut.</summary>
    public abstract LatentDistribution Detach();

    /// <summary>Gaussians of neighbouring rows as one, rows in order, leading dimensions broadcast; null when they are not all
    /// diagonal or all full ones.</summary>
    public static LatentDistribution? Concatenate(IReadOnlyList<LatentDistribution> parts) =>
        parts.Count == 1 ? parts[0]
        : parts.All(p => p is DiagonalGaussian) ? DiagonalGaussian.Concatenate([.. parts.Cast<DiagonalGaussian>()])
        : parts.All(p => p is FullGaussian) ? FullGaussian.Concatenate([.. parts.Cast<FullGaussian>()])
        : null;
}

/// <summary>A draw and its log density; the density is computed when it is first asked for.</summary>
/// <param name="latent">[.., row, Z]</param>
/// <param name="logProbability">Gives [.., row].</param>
public sealed class LatentDraw(Tensor latent, Func<Tensor> logProbability)
{
    private Tensor? _logProbability;

    /// <summary>The draw, [.., row, Z].</summary>
    public Tensor Latent { get; } = latent;

    /// <summary>Its log density under the distribution it was drawn from, in nats, [.., row].</summary>
    public Tensor LogProbability => _logProbability ??= logProbability();
}
