using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>One step of a <see cref="PosteriorScan"/>.</summary>
/// <param name="Past">What the step is conditioned on.</param>
/// <param name="Prior">p(z_t | past); null when not asked for.</param>
/// <param name="Posterior">q(z_t | ·)</param>
/// <param name="Draw">z_t drawn from q, [.., row, Z].</param>
internal sealed record ScanStep(Past Past, LatentDistribution? Prior, LatentDistribution Posterior, LatentDraw Draw);

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
        var range = Batch.Step(step);
        var past = model.Enter(State?.Rows(rows), Batch.Inputs(range), rows);
        var prior = withPrior || inference.ReadsPrior ? model.Prior(past, rows) : null;
        var posterior = inference.Posterior(new PosteriorQuery(encoding, range, past, prior, noise));
        var draw = posterior.Draw(noise.Normal(rows, model.LatentSize));
        State = model.Advance(past, draw.Latent, Observation(range, past, draw.Latent));
        return new ScanStep(past, prior, posterior, draw);
    }

    /// <summary>Goes on from the offspring of the rows that run on.</summary>
    public void Select(Offspring offspring) => State = offspring.Of(State!.Rows(offspring.Rows));

    /// <summary>Hands the state to another dispose scope.</summary>
    public void MoveStateTo(DisposeScope scope) => State = State!.Map(part => part.MoveToOtherDisposeScope(scope));

    // What the model feeds back: x_t, and where it is missing the particle's own sample of it.
    private Tensor? Observation(PackedRange range, Past past, Tensor latent)
    {
        if (!model.ReadsObservations)
            return null;
        var observation = range.Of(Batch.Observations);
        if (Batch.Observed is null)
            return observation;
        var uniform = noise.UniformOfParticles((int)range.Count, model.Emission.UniformsPerStep(model.ObservationSize), NoisePurpose.Feedback)
            .to(latent.dtype);
        return where(range.Of(Batch.Observed).ne(0), observation, model.Emission.Sample(model.EmissionInput(latent, past), uniform));
    }
}
