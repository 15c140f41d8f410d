using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>What a particle loop returns; rows and steps in the batch's order, packed (see <see cref="SequenceBatch"/>).</summary>
/// <param name="LogEvidence">log Ẑ of each sequence in nats, [batch].</param>
/// <param name="StepLogLikelihood">log p̂(x_t | x_&lt;t) in nats, [S]; sums to log Ẑ.</param>
/// <param name="EffectiveSampleSize">Effective sample size before resampling, [S].</param>
/// <param name="Resampled">Whether the row resampled after the step, [S] of booleans.</param>
public sealed record ParticleTerms(Tensor LogEvidence, Tensor StepLogLikelihood, Tensor EffectiveSampleSize, Tensor Resampled);

/// <summary>A step of a particle loop, after its weights are in and before any resampling.</summary>
/// <param name="Time">t, from 0.</param>
/// <param name="Prior">p(z_t | past), [.., row, Z].</param>
/// <param name="Posterior">The proposal q(z_t | ·), [.., row, Z].</param>
/// <param name="Draw">z_t, [particle, row, Z], of the rows running at t.</param>
/// <param name="State">The model's state after the step, before any resampling.</param>
/// <param name="LogLikelihood">M_t log p(x_t | z_t), [particle, row].</param>
/// <param name="LogWeights">W, [row, particle], unnormalised.</param>
public sealed record ParticleStep(int Time, LatentDistribution Prior, LatentDistribution Posterior, LatentDraw Draw,
    ModelState State, Tensor LogLikelihood, Tensor LogWeights);

/// <summary>The one particle loop: importance sampling (never resample), filtering and FIVO (Maddison et al. 2017).</summary>
/// <remarks>w_t = log p(z_t | past) + M_t log p(x_t | z_t) − log q(z_t | ·). Differentiable through z and w, not through
/// ancestors; without gradients every step's memory is given back at once.</remarks>
public static class ParticleLoop
{
    /// <summary>Runs the loop over a batch.</summary>
    /// <param name="model">p(x, z)</param>
    /// <param name="inference">The proposal.</param>
    /// <param name="batch">The observations.</param>
    /// <param name="noise">Draws; N ≥ 1 particles.</param>
    /// <param name="criterion">When to resample.</param>
    /// <param name="encoding">What the proposal read, when it was read already.</param>
    /// <param name="observer">Sees every step.</param>
    /// <exception cref="ArgumentException">The noise has no particles.</exception>
    public static ParticleTerms Run(GenerativeModule model, InferenceModule inference, SequenceBatch batch, NoiseSource noise,
        ResamplingCriterion criterion, Encoding? encoding = null, Action<ParticleStep>? observer = null)
    {
        if (noise.Particles < 1)
            throw new ArgumentException("A particle loop needs at least one particle.", nameof(noise));
        using var scope = NewDisposeScope();
        bool gradients = is_grad_enabled();
        encoding ??= inference.Encode(batch, null);
        var scan = new PosteriorScan(model, inference, encoding, noise, criterion != ResamplingCriterion.Never);
        var weights = new ParticleWeights(noise.Particles);
        var likelihood = new Tensor[batch.Steps];
        var sizes = new Tensor[batch.Steps];
        var resampled = new Tensor[batch.Steps];
        for (int t = 0; t < batch.Steps; t++)
        {
            using var stepScope = gradients ? null : NewDisposeScope();
            var drawn = scan.Draw(t, withPrior: true);
            var fit = LogLikelihood(model, batch, t, drawn);
            likelihood[t] = weights.Add(Increments(drawn, fit));
            sizes[t] = Resampling.LogEffectiveSampleSize(weights.LogWeights).exp();
            observer?.Invoke(new ParticleStep(t, drawn.Prior!, drawn.Posterior, drawn.Draw, scan.State!, fit, weights.LogWeights));
            resampled[t] = Continue(batch, t, scan, weights, criterion, noise);
            if (gradients)
                continue;
            scan.MoveStateTo(scope);
            weights.MoveTo(scope);
            likelihood[t].MoveToOtherDisposeScope(scope);
            sizes[t].MoveToOtherDisposeScope(scope);
            resampled[t].MoveToOtherDisposeScope(scope);
        }
        return new ParticleTerms(weights.LogEvidence().MoveToOuterDisposeScope(), Concatenate(likelihood),
            Concatenate(sizes), Concatenate(resampled));
    }

    private static Tensor LogLikelihood(GenerativeModule model, SequenceBatch batch, int step, ScanStep drawn) =>
        model.LogLikelihood(drawn.Draw.Latent, drawn.Past, batch.Step(step).Of(batch.Observations),
            batch.Observed is null ? null : batch.Step(step).Of(batch.Observed));

    // [row, particle] and contiguous: every row's sums then run over memory of its own, whatever rows stand beside it.
    private static Tensor Increments(ScanStep drawn, Tensor fit) =>
        (drawn.Prior!.LogProbability(drawn.Draw.Latent) + fit - drawn.Draw.LogProbability).transpose(0, 1).contiguous();

    private static Tensor Continue(SequenceBatch batch, int step, PosteriorScan scan, ParticleWeights weights,
        ResamplingCriterion criterion, NoiseSource noise)
    {
        int rows = batch.Active[step], continuing = step + 1 < batch.Steps ? batch.Active[step + 1] : 0;
        weights.End(continuing);
        var never = zeros([rows], ScalarType.Bool, batch.Device);
        if (continuing == 0 || criterion == ResamplingCriterion.Never)
            return never;
        var fires = Resampling.Fires(criterion, weights.LogWeights);
        scan.Select(weights.Resample(fires, noise.Uniform(continuing, 1)));
        return continuing == rows ? fires : cat([fires, never.narrow(0, continuing, rows - continuing)], 0);
    }

    private static Tensor Concatenate(Tensor[] steps) => cat(steps, 0).MoveToOuterDisposeScope();
}
