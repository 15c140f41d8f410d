using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>One step of a <see cref="PosteriorScan"/>.</summary>
/// <param name="Prior">p(z_t | past); null when not asked for.</param>
/// <param name="Posterior">q(z_t | ·)</param>
/// <param name="Latent">z_t drawn from q, [.., row, Z].</param>
internal readonly record struct ScanStep(DiagonalGaussian? Prior, DiagonalGaussian Posterior, Tensor Latent);

/// <summary>Draws z_1, z_2, … from an inference network through a batch, only ever for the rows still running.
/// Every bound, filter and smoother runs on it.</summary>
internal sealed class PosteriorScan(GenerativeModule model, InferenceModule inference, Encoding encoding, NoiseSource noise)
{
    private SequenceBatch Batch => encoding.Batch;

    /// <summary>The model's state after the last step drawn.</summary>
    public ModelState? State { get; private set; }

    /// <summary>Draws step <paramref name="step"/>; steps are drawn in order, from 0.</summary>
    public ScanStep Draw(int step, bool withPrior)
    {
        int rows = Batch.Active[step];
        var previous = State?.Rows(rows);
        var prior = withPrior || inference.ReadsPrior ? model.Prior(previous, rows) : null;
        var posterior = inference.Posterior(encoding, Batch.Step(step), previous, prior);
        var latent = posterior.Sample(noise.Normal(rows, model.LatentSize));
        State = model.Advance(previous, latent);
        return new ScanStep(prior, posterior, latent);
    }

    /// <summary>Goes on from the ancestors, [particle, row].</summary>
    public void Select(Tensor ancestors) => State = State!.Rows(ancestors.shape[1]).Select(ancestors);

    /// <summary>Hands the state to another dispose scope.</summary>
    public void MoveStateTo(DisposeScope scope) => State!.Latent.MoveToOtherDisposeScope(scope);
}
