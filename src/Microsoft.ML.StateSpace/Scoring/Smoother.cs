using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Means and deviations of q(z_t | x_1 … x_T), over sample paths of the inference network.</summary>
internal static class Smoother
{
    /// <summary>Moments [S, Z], packed: each path gives its step's Gaussian, and the law of total variance puts them together.</summary>
    public static (Tensor Mean, Tensor Std) Run(StateSpaceNetworks networks, SequenceBatch batch, NoiseSource noise)
    {
        using var scope = NewDisposeScope();
        var scan = new PosteriorScan(networks.Generative, networks.Inference, networks.Inference.Encode(batch, null), noise);
        var means = new Tensor[batch.Steps];
        var deviations = new Tensor[batch.Steps];
        for (int t = 0; t < batch.Steps; t++)
        {
            using var stepScope = NewDisposeScope();
            var drawn = scan.Draw(t, withPrior: false);
            // Where q has no moments in closed form, its draws stand for it.
            var (centre, spread) = drawn.Posterior.Moments ?? (drawn.Draw.Latent, zeros_like(drawn.Draw.Latent));
            var (mean, variance) = centre.dim() == 2 ? (centre, spread)
                : (centre.mean([0]), spread.mean([0]) + centre.var(0, unbiased: false));
            means[t] = mean.MoveToOtherDisposeScope(scope);
            deviations[t] = variance.sqrt().MoveToOtherDisposeScope(scope);
            scan.MoveStateTo(scope);
        }
        return (cat(means, 0).MoveToOuterDisposeScope(), cat(deviations, 0).MoveToOuterDisposeScope());
    }
}
