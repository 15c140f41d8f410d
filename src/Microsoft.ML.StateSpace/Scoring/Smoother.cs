using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Means and deviations of q(z_t | x_1 … x_T), over sample paths of the inference network.</summary>
internal static class Smoother
{
    /// <summary>Moments [S, Z], packed: each path gives its step's Gaussian, and the law of total variance puts them together.</summary>
    /// <param name="networks">The model.</param>
    /// <param name="batch">The observations.</param>
    /// <param name="noise">Draws of the paths.</param>
    /// <param name="spread">Whether deviations are wanted.</param>
    /// <param name="impute">Whether the paths' expectations of what is missing are wanted.</param>
    public static SmoothedBatch Run(StateSpaceNetworks networks, SequenceBatch batch, NoiseSource noise, bool spread = true, bool impute = false)
    {
        using var scope = NewDisposeScope();
        using var apart = Affine.RowsApart(batch.Device.IsHost());
        var scan = new PosteriorScan(networks.Generative, networks.Inference, networks.Inference.Encode(batch, null), noise);
        var means = new Tensor[batch.Steps];
        var deviations = spread ? new Tensor[batch.Steps] : null;
        var imputed = impute && batch.Observed is not null ? new Tensor[batch.Steps] : null;
        for (int t = 0; t < batch.Steps; t++)
        {
            using var stepScope = NewDisposeScope();
            var drawn = scan.Draw(t, withPrior: false);
            // Where q has no moments in closed form, its draws stand for it.
            var (centre, variance) = drawn.Posterior.Moments ?? (drawn.Draw.Latent, zeros_like(drawn.Draw.Latent));
            bool paths = centre.dim() == 3;
            means[t] = (paths ? RowMoments.Mean(centre) : centre).KeepIn(scope);
            if (deviations is not null)
                deviations[t] = (paths ? RowMoments.Mean(variance) + RowMoments.Variance(centre, means[t]) : variance).sqrt().KeepIn(scope);
            if (imputed is not null)
                imputed[t] = Imputation.OfPaths(networks.Generative, drawn, scan.State!, batch, t, noise).KeepIn(scope);
            scan.MoveStateTo(scope);
        }
        return new(cat(means, 0).MoveToOuterDisposeScope(), deviations is null ? null : cat(deviations, 0).MoveToOuterDisposeScope(),
            !impute ? null : (imputed is null ? batch.Observations.alias() : cat(imputed, 0)).MoveToOuterDisposeScope());
    }
}
