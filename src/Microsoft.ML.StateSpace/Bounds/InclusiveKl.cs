using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
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
    public override BoundTerms Evaluate(GenerativeModule model, InferenceModule inference, SequenceBatch batch,
        NoiseSource noise, double klWeight = 1, Generator? dropoutNoise = null)
    {
        using var scope = NewDisposeScope();
        PackedPath path;
        using (no_grad())
            path = PackedPath.Draw(model, Teacher, Teacher.Encode(batch, null), noise);
        var encoding = inference.Encode(batch, dropoutNoise);
        var proposal = path.AtEveryStep(batch, (rows, previous) => inference.Posterior(encoding, rows, previous,
            inference.ReadsPrior ? model.Prior(previous, rows.Count) : null));
        var kl = Elbo.MeanOverSamples(batch.SumBySequence(path.Posterior.Kl(proposal)));
        return new BoundTerms(kl.neg().MoveToOuterDisposeScope(), zeros_like(kl).MoveToOuterDisposeScope(), kl.MoveToOuterDisposeScope());
    }
}
