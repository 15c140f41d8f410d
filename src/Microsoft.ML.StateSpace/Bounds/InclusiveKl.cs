using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>Fits a filtering proposal to a trained smoother: −KL(q(z_t | z_{t−1}, x_1 … x_T) ‖ q_filter(z_t | z_{t−1}, x_1 … x_t))
/// over trajectories drawn from the smoother, the model frozen.</summary>
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
        var terms = new Tensor[batch.Steps];
        var encoding = inference.Encode(batch, dropoutNoise);
        PosteriorScan scan;
        using (no_grad())
            scan = new PosteriorScan(model, Teacher, Teacher.Encode(batch, null), noise);
        for (int t = 0; t < batch.Steps; t++)
        {
            var previous = scan.State?.Rows(batch.Active[t]);
            ScanStep drawn;
            using (no_grad())
                drawn = scan.Draw(t);
            terms[t] = -drawn.Posterior.Kl(inference.Posterior(encoding, t, previous, drawn.Prior));
        }
        var bySequence = batch.SumBySequence(cat(terms, -1));
        var objective = bySequence.dim() == 1 ? bySequence : bySequence.mean([0]);
        return new BoundTerms(objective.MoveToOuterDisposeScope(), zeros_like(objective).MoveToOuterDisposeScope(),
            objective.neg().MoveToOuterDisposeScope());
    }
}
