using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
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
        var scan = new PosteriorScan(model, inference, inference.Encode(batch, dropoutNoise), noise);
        var steps = new ScanStep[batch.Steps];
        for (int t = 0; t < steps.Length; t++)
            steps[t] = scan.Draw(t);

        // Nothing in the emission or the KL feeds the next step, so that both are computed for all steps at once.
        var kl = Packed(steps, s => s.Posterior).Kl(Packed(steps, s => s.Prior));
        var logLikelihood = model.Emission.LogLikelihood(Concatenate(steps, s => s.Latent), batch.Observations, batch.Observed);
        var klBySequence = MeanOverSamples(batch.SumBySequence(kl));
        var fit = MeanOverSamples(batch.SumBySequence(logLikelihood));
        return new BoundTerms((fit - klWeight * klBySequence).MoveToOuterDisposeScope(),
            fit.MoveToOuterDisposeScope(), klBySequence.MoveToOuterDisposeScope());
    }

    private static DiagonalGaussian Packed(ScanStep[] steps, Func<ScanStep, DiagonalGaussian> part) =>
        new(Concatenate(steps, s => part(s).Mean), Concatenate(steps, s => part(s).Variance));

    // The first step's distributions lack the particle dimension: they depend on no particle.
    private static Tensor Concatenate(ScanStep[] steps, Func<ScanStep, Tensor> part)
    {
        var parts = new Tensor[steps.Length];
        long[] particles = steps[0].Latent.shape[..^2];
        for (int t = 0; t < parts.Length; t++)
        {
            var tensor = part(steps[t]);
            parts[t] = tensor.dim() == steps[t].Latent.dim() ? tensor : tensor.expand([.. particles, .. tensor.shape]);
        }
        return cat(parts, -2);
    }

    private static Tensor MeanOverSamples(Tensor bySequence) => bySequence.dim() == 1 ? bySequence : bySequence.mean([0]);
}
