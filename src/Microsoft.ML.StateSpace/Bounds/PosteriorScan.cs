using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
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
/// <param name="model">p(x, z)</param>
/// <param name="inference">q(z | x)</param>
/// <param name="encoding">The batch as <paramref name="inference"/> read it.</param>
/// <param name="noise">Draws.</param>
/// <param name="decides">Whether decisions hang on the numbers: then what many particles share is computed for each of them, so that no
/// neighbour of a sequence can change the last bit of a product (see <see cref="Affine"/>); on a CPU.</param>
/// <param name="start">The state that an earlier window ended in; null: the sequences begin.</param>
internal sealed class PosteriorScan(GenerativeModule model, InferenceModule inference, Encoding encoding, NoiseSource noise,
    bool decides = false, ModelState? start = null)
{
    private readonly bool _apart = decides && KeepsApart(encoding, noise);
    // With values missing the path depends on what is drawn for them; in a later window, on the one before.
    private readonly PackedSteps[]? _known = encoding.Batch.Observed is not null || start is not null
        || (decides && KeepsApart(encoding, noise)) ? null : (encoding.Path ?? model.EncodePath(encoding.Batch))
            ?.Select(packed => new PackedSteps(encoding.Batch, packed)).ToArray();
    private ModelState? _kept;

    private SequenceBatch Batch => encoding.Batch;

    /// <summary>Watches a network that iterates.</summary>
    public Action<int, Tensor>? FreeEnergy { get; set; }

    /// <summary>The model's state after the last step drawn.</summary>
    public ModelState? State { get; private set; } = start;

    /// <summary>Draws step <paramref name="step"/>; steps are drawn in order, from 0.</summary>
    public ScanStep Draw(int step, bool withPrior)
    {
        int rows = Batch.Active[step];
        var range = Batch.Step(step);
        var (previous, inputs) = (State?.Rows(rows), Batch.Inputs(range));
        var past = _known is null ? model.Enter(previous, inputs, rows)
            : model.Enter(previous, inputs, rows, [.. _known.Select(packed => packed.Of(range))]);
        // Where only its numbers are read, and it has a gradient, it is asked for again with all other steps' at once.
        bool again = !withPrior && inference.CutsPrior && is_grad_enabled();
        LatentDistribution? prior;
        using (again ? no_grad() : null)
            prior = withPrior || inference.ReadsPrior ? model.Prior(past, rows) : null;
        var posterior = inference.Posterior(new PosteriorQuery(encoding, range, past, prior, noise) { FreeEnergy = FreeEnergy });
        var draw = posterior.Draw(noise.Normal(rows, model.LatentSize));
        State = model.Advance(past, draw.Latent, Observation(range, past, draw.Latent));
        return new ScanStep(past, again ? null : prior, posterior, draw);
    }

    /// <summary>Goes on from the offspring of the rows that run on.</summary>
    public void Select(Offspring offspring) => State = offspring.Of(State!.Rows(offspring.Rows));

    /// <summary>Hands the state to another dispose scope, and gives back the one that was handed to it before.</summary>
    public void MoveStateTo(DisposeScope scope)
    {
        var parts = Parts(State!);
        foreach (var old in _kept is null ? [] : Parts(_kept).Where(old => !parts.Any(part => ReferenceEquals(part, old))))
            old.Dispose();
        _kept = State = State!.Map(part => part.KeepIn(scope));
    }

    private static bool KeepsApart(Encoding encoding, NoiseSource noise) =>
        encoding.Batch.Device.IsHost() && (Affine.IsApart || noise.Particles >= Affine.ParticlesForOwnProduct);

    private static Tensor[] Parts(ModelState state) => [state.Latent, .. state.Observation is { } x ? [x] : Array.Empty<Tensor>(), .. state.Path];

    // What the model feeds back: x_t, and where it is missing the particle's own sample of it.
    private Tensor? Observation(PackedRange range, Past past, Tensor latent)
    {
        if (!model.ReadsObservations)
            return null;
        var observation = range.Of(Batch.Observations);
        if (Batch.Observed is null)
            return _apart ? observation.expand(noise.Particles, -1, -1) : observation;
        var uniform = noise.UniformOfParticles((int)range.Count, model.Emission.UniformsPerStep(model.ObservationSize), NoisePurpose.Feedback)
            .to(latent.dtype);
        return where(range.Of(Batch.Observed).ne(0), observation, model.Emission.Sample(model.EmissionInput(latent, past), uniform));
    }
}
