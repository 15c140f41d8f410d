using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>The evidence lower bound: Σ_t M_t log p(x_t | z_t) − a Σ_t KL(q(z_t | ·) ‖ p(z_t | z_{t−1}))
/// (Krishnan et al. 2017, eq. 6). The KL counts at every step inside the length, observed or not.</summary>
public sealed record Elbo : Bound
{
    /// <summary>Whether the KL is estimated by log q − log p of the draws, as it always is where it has no closed form. Default false.</summary>
    public bool SampledKl { get; init; }

    /// <inheritdoc/>
    public override BoundTerms Evaluate(BoundQuery query)
    {
        using var scope = NewDisposeScope();
        var (model, batch) = (query.Model, query.Batch);
        var path = PackedPath.Draw(query, query.Inference, query.Inference.Encode(batch, query.DropoutNoise));
        var priors = path.Priors(model);
        var divergence = (SampledKl ? null : path.Posterior?.Kl(priors)) ?? path.LogPosterior - priors.LogProbability(path.Latent);
        var kl = MeanOverSamples(batch.SumBySequence(divergence));
        var fit = MeanOverSamples(batch.SumBySequence(path.LogLikelihood(model)));
        return new BoundTerms((fit - query.KlWeight * kl).MoveToOuterDisposeScope(), fit.MoveToOuterDisposeScope(), kl.MoveToOuterDisposeScope());
    }

    internal static Tensor MeanOverSamples(Tensor bySequence) => bySequence.dim() == 1 ? bySequence : bySequence.mean([0]);
}
