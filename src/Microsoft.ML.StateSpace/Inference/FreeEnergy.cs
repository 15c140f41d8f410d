using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>The free energy of one step, F = −M log p(x_t | z_t, past) + KL(q ‖ p(z_t | past)), as a function of q's
/// λ = (μ, log v) [.., row, 2Z] alone: everything else is held fixed.</summary>
/// <param name="model">p(x, z)</param>
/// <param name="past">What the step is conditioned on, cut from its gradient.</param>
/// <param name="prior">p(z_t | past), cut from its gradient.</param>
/// <param name="observation">x_t, [row, D].</param>
/// <param name="observed">1 where observed, [row, D]; null when everything is.</param>
internal sealed class FreeEnergy(GenerativeModule model, Past past, LatentDistribution prior, Tensor observation, Tensor? observed)
{
    /// <summary>The prior, where every search for q begins.</summary>
    public LatentDistribution Prior => prior;

    /// <summary>x_t, 0 where missing, [row, D].</summary>
    public Tensor Observation => observation;

    /// <summary>F in nats [.., row] and ∇_λ F [.., row, 2Z], means over draws.</summary>
    /// <param name="lambda">λ</param>
    /// <param name="noise">[draw, .., row, Z], broadcast.</param>
    public (Tensor Value, Tensor Gradient) At(Tensor lambda, Tensor noise)
    {
        long draws = noise.shape[0];
        var shared = lambda.detach().requires_grad_();
        // Every draw has a λ of its own, so that the sum over draws is ours to order.
        var own = lambda.detach().unsqueeze(0).repeat([draws, .. lambda.shape.Select(_ => 1L)]).requires_grad_();
        var divergence = Gaussian(shared).Kl(prior)!;
        var latent = Gaussian(own).Sample(noise);
        var fit = model.LogLikelihood(Flat(latent), Repeated(draws, lambda), observation, observed).view(latent.shape[..^1]);
        var gradients = autograd.grad([divergence.sum() - fit.sum() / draws], [shared, own]);
        return ((divergence - MeanOverDraws(fit)).detach(), gradients[0] + MeanOverDraws(gradients[1]) * draws);
    }

    /// <summary>x_t − E[x_t | z_t], 0 where missing, the mean over draws, [.., row, D].</summary>
    public Tensor ObservationError(Tensor lambda, Tensor noise)
    {
        var latent = Gaussian(lambda).Sample(noise);
        var error = observation - model.Emission.Mean(model.EmissionInput(Flat(latent), Repeated(noise.shape[0], lambda)));
        return MeanOverDraws((observed is null ? error : error * observed).view([.. latent.shape[..^1], observation.shape[^1]]));
    }

    /// <summary>N(μ, v) of λ = (μ, log v).</summary>
    public static DiagonalGaussian Gaussian(Tensor lambda) => new(lambda.narrow(-1, 0, lambda.shape[^1] / 2),
        lambda.narrow(-1, lambda.shape[^1] / 2, lambda.shape[^1] / 2).exp());

    // Draws and particles share the leading dimension, since a model knows of one only: [draw · particle, row, Z].
    private static Tensor Flat(Tensor latent) => latent.reshape([-1, .. latent.shape[^2..]]);

    private Past Repeated(long draws, Tensor lambda) => lambda.dim() == 2 || draws == 1 ? past
        : past.Map(part => part.dim() < 3 ? part : part.repeat(draws, 1, 1));

    // Draws last and contiguous: every sum then runs over memory of its own, in the same order whatever rows stand beside it.
    private static Tensor MeanOverDraws(Tensor drawn) => drawn.shape[0] == 1 ? drawn.squeeze(0)
        : drawn.unsqueeze(-1).transpose(0, -1).squeeze(0).contiguous().mean([-1]);
}
