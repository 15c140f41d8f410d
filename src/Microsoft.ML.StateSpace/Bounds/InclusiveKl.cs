using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>Fits a filtering proposal to a trained smoother: −KL(q(z_t | z_{t−1}, x_1 … x_T) ‖ q_filter(z_t | z_{t−1}, x_1 … x_t))
/// over paths drawn from the smoother, the model frozen.</summary>
/// <remarks>The inclusive direction covers all of the posterior's mass: what a proposal must do, where the ELBO's exclusive one
/// would leave particles out. Averaged over futures, the best filter proposal is p(z_t | z_{t−1}, x_1 … x_t).</remarks>
/// <param name="Teacher">The smoother; not trained.</param>
internal sealed record InclusiveKl(InferenceModule Teacher) : Bound
{
    /// <inheritdoc/>
    internal override bool IsOfObservations => false;

    /// <inheritdoc/>
    public override BoundTerms Evaluate(BoundQuery query)
    {
        using var scope = NewDisposeScope();
        var (model, batch, inference) = (query.Model, query.Batch, query.Inference);
        PackedPath path;
        using (no_grad())
            path = PackedPath.Draw(query, Teacher, Teacher.Encode(batch, null));
        var encoding = inference.Encode(batch, query.DropoutNoise);
        var proposal = path.Parts((rows, past) => inference.Posterior(new PosteriorQuery(encoding, rows, past,
            inference.ReadsPrior ? model.Prior(past, rows.Count) : null, query.Noise)));
        var divergence = (LatentDistribution.Concatenate(proposal) is { } all ? path.Posterior?.Kl(all) : null)
            ?? LogTeacher(path) - path.LogProbability(proposal);
        var kl = Elbo.MeanOverSamples(batch.SumBySequence(divergence));
        return new BoundTerms(kl.neg().MoveToOuterDisposeScope(), zeros_like(kl).MoveToOuterDisposeScope(), kl.MoveToOuterDisposeScope());
    }

    private static Tensor LogTeacher(PackedPath path)
    {
        using var guard = no_grad();
        return path.LogPosterior;
    }
}
