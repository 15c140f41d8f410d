using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>Paths z_1 … z_T drawn from an inference network, all steps packed together.</summary>
/// <remarks>Only the draws themselves have to follow one another. Once they are known, what depends on z_{t−1} and z_t alone
/// (priors, emissions, another network's posteriors) is one call for all steps: a few large matrix products.</remarks>
/// <param name="Latent">z, [.., S, Z].</param>
/// <param name="Posterior">q(z_t | ·), [.., S, Z].</param>
internal sealed record PackedPath(Tensor Latent, DiagonalGaussian Posterior)
{
    /// <summary>Draws the paths.</summary>
    public static PackedPath Draw(GenerativeModule model, InferenceModule inference, Encoding encoding, NoiseSource noise)
    {
        var scan = new PosteriorScan(model, inference, encoding, noise);
        var steps = new ScanStep[encoding.Batch.Steps];
        for (int t = 0; t < steps.Length; t++)
            steps[t] = scan.Draw(t, withPrior: false);
        return new PackedPath(Concatenate(steps, s => s.Latent),
            new DiagonalGaussian(Concatenate(steps, s => s.Posterior.Mean), Concatenate(steps, s => s.Posterior.Variance)));
    }

    /// <summary>p(z_t | z_{t−1}) at every step, [.., S, Z].</summary>
    public DiagonalGaussian Priors(GenerativeModule model, SequenceBatch batch) =>
        AtEveryStep(batch, (rows, previous) => model.Prior(previous, rows.Count));

    /// <summary>A distribution given each step's predecessor, for all steps: the first step apart, then all others at once.</summary>
    public DiagonalGaussian AtEveryStep(SequenceBatch batch, Func<PackedRange, ModelState?, DiagonalGaussian> of)
    {
        var first = of(batch.Step(0), null);
        if (batch.AfterFirst.Count == 0)
            return first;
        var others = of(batch.AfterFirst, new ModelState(batch.Predecessors(Latent)));
        return new DiagonalGaussian(Join(first.Mean, others.Mean), Join(first.Variance, others.Variance));
    }

    private static Tensor Join(Tensor first, Tensor others) =>
        cat([first.dim() == others.dim() ? first : first.expand([.. others.shape[..^2], .. first.shape]), others], -2);

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
}
