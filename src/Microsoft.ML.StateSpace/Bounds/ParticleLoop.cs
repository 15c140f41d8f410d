using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>The one particle loop: importance sampling (never resample), filtering and FIVO (Maddison et al. 2017).</summary>
/// <remarks>w_t = M_t log p(x_t | z_t) + a (log p(z_t | past) − log q(z_t | ·)). Differentiable through z and w, through ancestors
/// only where asked for; without gradients every step's memory is given back at once.</remarks>
public static class ParticleLoop
{
    /// <summary>Runs the loop over a batch with systematic resampling.</summary>
    /// <param name="model">p(x, z)</param>
    /// <param name="inference">The proposal.</param>
    /// <param name="batch">The observations.</param>
    /// <param name="noise">Draws; N ≥ 1 particles.</param>
    /// <param name="criterion">When to resample.</param>
    /// <param name="encoding">What the proposal read, when it was read already.</param>
    /// <param name="observer">Sees every step.</param>
    /// <exception cref="ArgumentException">The noise has no particles.</exception>
    public static ParticleTerms Run(GenerativeModule model, InferenceModule inference, SequenceBatch batch, NoiseSource noise,
        ResamplingCriterion criterion, Encoding? encoding = null, Action<ParticleStep>? observer = null) =>
        Run(new ParticleQuery(model, inference, batch, noise) { Criterion = criterion, Encoding = encoding, Observer = observer });

    /// <summary>Runs the loop over a batch.</summary>
    /// <exception cref="ArgumentException">The noise has no particles.</exception>
    public static ParticleTerms Run(ParticleQuery query)
    {
        if (query.Noise.Particles < 1)
            throw new ArgumentException("A particle loop needs at least one particle.", nameof(query));
        using var scope = NewDisposeScope();
        var encoding = query.Encoding ?? query.Inference.Encode(query.Batch, query.DropoutNoise);
        var taped = TapedParticles.Lay(query, encoding);
        var run = new ParticleRun(query, (IParticles?)taped ?? new ScannedParticles(query, encoding));
        // On a tape the draws and their ancestors come first, and the gradient through them after.
        using (taped is null ? null : no_grad())
            Steps(run, query.Batch.Steps, scope);
        return run.Terms();
    }

    private static void Steps(ParticleRun run, int steps, DisposeScope scope)
    {
        bool gradients = is_grad_enabled();
        for (int t = 0; t < steps; t++)
        {
            using var stepScope = gradients ? null : NewDisposeScope();
            run.Step(t);
            if (!gradients)
                run.MoveTo(scope);
        }
    }
}
