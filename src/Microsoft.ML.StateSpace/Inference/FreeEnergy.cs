using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>The free energy of one step, F = −M log p(x_t | z_t, past) + KL(q ‖ p(z_t | past)), as a function of q's
/// λ = (μ, log v) [.., row, 2Z] alone: everything else is held fixed.</summary>
internal abstract class FreeEnergy
{
    /// <summary>The prior, where every search for q begins.</summary>
    public abstract LatentDistribution Prior { get; }

    /// <summary>x_t, 0 where missing, [row, D].</summary>
    public abstract Tensor Observation { get; }

    /// <summary>1 where observed, [row, D]; null when everything is.</summary>
    public abstract Tensor? Observed { get; }

    /// <summary>∇_λ F, the mean over draws, [.., row, 2Z].</summary>
    /// <param name="lambda">λ</param>
    /// <param name="noise">[draw, .., row, Z], broadcast.</param>
    public abstract Tensor GradientAt(Tensor lambda, Tensor noise);

    /// <summary>x_t − E[x_t | z_t], 0 where missing, the mean over draws, [.., row, D].</summary>
    public Tensor ObservationError(Tensor lambda, Tensor noise)
    {
        var means = ObservationMeans(Gaussian(lambda).Sample(noise));
        var error = Observation - means;
        return MeanOverDraws(Observed is null ? error : error * Observed);
    }

    /// <summary>E[x_t | z_t] of latents [draw, .., row, Z]: [draw, .., row, D].</summary>
    protected abstract Tensor ObservationMeans(Tensor latent);

    /// <summary>N(μ, v) of λ = (μ, log v).</summary>
    public static DiagonalGaussian Gaussian(Tensor lambda) => new(lambda.narrow(-1, 0, lambda.shape[^1] / 2),
        lambda.narrow(-1, lambda.shape[^1] / 2, lambda.shape[^1] / 2).exp());

    // Draws last and contiguous: every sum then runs over memory of its own, in the same order whatever rows stand beside it.
    protected static Tensor MeanOverDraws(Tensor drawn) => drawn.shape[0] == 1 ? drawn.squeeze(0)
        : drawn.unsqueeze(-1).transpose(0, -1).squeeze(0).contiguous().mean([-1]);
}
