using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>The free energy of one step as the model's modules give it, differentiated through their graph.</summary>
/// <param name="model">p(x, z)</param>
/// <param name="past">What the step is conditioned on, cut from its gradient.</param>
/// <param name="prior">p(z_t | past), cut from its gradient.</param>
/// <param name="observation">x_t, [row, D].</param>
/// <param name="observed">1 where observed, [row, D]; null when everything is.</param>
internal sealed class GraphFreeEnergy(GenerativeModule model, Past past, LatentDistribution prior, Tensor observation, Tensor? observed) : FreeEnergy
{
    /// <inheritdoc/>
    public override LatentDistribution Prior => prior;

    /// <inheritdoc/>
    public override Tensor Observation => observation;

    /// <inheritdoc/>
    public override Tensor? Observed => observed;

    /// <summary>F where its gradient was asked for last, in nats, the mean over draws, [.., row].</summary>
    public Tensor? Value { get; private set; }

    /// <inheritdoc/>
    public override Tensor GradientAt(Tensor lambda, Tensor noise)
    {
        long draws = noise.shape[0];
        var shared = lambda.detach().requires_grad_();
        // Every draw has a λ of its own, so that the sum over draws is ours to order.
        var own = lambda.detach().unsqueeze(0).repeat([draws, .. lambda.shape.Select(_ => 1L)]).requires_grad_();
        var divergence = Gaussian(shared).Kl(prior)!;
        var latent = Gaussian(own).Sample(noise);
        var fit = model.LogLikelihood(Flat(latent), Repeated(latent), observation, observed).view(latent.shape[..^1]);
        var gradients = autograd.grad([divergence.sum() - fit.sum() / draws], [shared, own]);
        Value = (divergence - MeanOverDraws(fit)).detach();
        return gradients[0] + MeanOverDraws(gradients[1]) * draws;
    }

    /// <inheritdoc/>
    protected override Tensor ObservationMeans(Tensor latent) =>
        model.Emission.Mean(model.EmissionInput(Flat(latent), Repeated(latent))).view([.. latent.shape[..^1], observation.shape[^1]]);

    // Draws and particles share the leading dimension, since a model knows of one only: [draw · particle, row, Z].
    private static Tensor Flat(Tensor latent) => latent.reshape([-1, .. latent.shape[^2..]]);

    private Past Repeated(Tensor latent) => latent.dim() == 3 || latent.shape[0] == 1 ? past
        : past.Map(part => part.dim() < 3 ? part : part.repeat(latent.shape[0], 1, 1));
}
