using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>The evidence lower bound with analytic KL: Σ_t M_t log p(x_t | z_t) − a Σ_t KL(q(z_t | ·) ‖ p(z_t | z_{t−1}))
/// (Krishnan et al. 2017, eq. 6). The KL counts at every step inside the length, observed or not.</summary>
public sealed record Elbo : Bound
{
    /// <inheritdoc/>
    public override BoundTerms Evaluate(GenerativeModule model, InferenceModule inference, SequenceBatch batch,
        NoiseSource noise, double klWeight = 1, Generator? dropoutNoise = null)
    {
        using var scope = NewDisposeScope();
        var path = PackedPath.Draw(model, inference, inference.Encode(batch, dropoutNoise), noise);
        var kl = MeanOverSamples(batch.SumBySequence(path.Posterior.Kl(path.Priors(model, batch))));
        var fit = MeanOverSamples(batch.SumBySequence(model.Emission.LogLikelihood(path.Latent, batch.Observations, batch.Observed)));
        return new BoundTerms((fit - klWeight * kl).MoveToOuterDisposeScope(), fit.MoveToOuterDisposeScope(), kl.MoveToOuterDisposeScope());
    }

    internal static Tensor MeanOverSamples(Tensor bySequence) => bySequence.dim() == 1 ? bySequence : bySequence.mean([0]);
}
