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
        bool gradients = is_grad_enabled();
        var run = new ParticleRun(query);
        for (int t = 0; t < query.Batch.Steps; t++)
        {
            using var stepScope = gradients ? null : NewDisposeScope();
            run.Step(t);
            if (!gradients)
                run.MoveTo(scope);
        }
        return run.Terms();
    }
}

/// <summary>A particle loop on its way.</summary>
internal sealed class ParticleRun
{
    private readonly ParticleQuery _query;
    private readonly PosteriorScan _scan;
    private readonly ParticleWeights _weights;
    private readonly TiltedWeights? _tilt;
    private readonly Lineages? _lineages;
    private readonly AncestorScores? _scores;
    private readonly List<Tensor> _likelihood = [], _sizes = [], _resampled = [];

    public ParticleRun(ParticleQuery query)
    {
        _query = query;
        var (model, batch) = (query.Model, query.Batch);
        _scan = new PosteriorScan(model, query.Inference, query.Encoding ?? query.Inference.Encode(batch, query.DropoutNoise), query.Noise,
            decides: query.Criterion is not NeverCriterion, query.Start)
        {
            FreeEnergy = query.FreeEnergy is { } watch ? (iteration, value) => watch(_likelihood.Count, iteration, value) : null,
        };
        _weights = new ParticleWeights(query.Noise.Particles, query.StartWeights);
        _tilt = query.Tilt is null ? null : new TiltedWeights(model, batch, query.Tilt, query.TiltLearnsByDifferences, query.DropoutNoise);
        _lineages = query.TracksParts ? new Lineages(query.KlWeight) : null;
        _scores = query.Baseline is null || !is_grad_enabled() ? null : new AncestorScores(query.Baseline);
    }

    /// <summary>Draws, weighs and resamples step <paramref name="t"/>.</summary>
    public void Step(int t)
    {
        var batch = _query.Batch;
        // Whether they would go on was not known when the weights were left.
        if (t == 0 && _query.StartWeights is not null)
            Resample(t, batch.Active[0]);
        var drawn = _scan.Draw(t, withPrior: true);
        var (prior, posterior) = (drawn.Prior!.LogProbability(drawn.Draw.Latent), drawn.Draw.LogProbability);
        var fit = LogLikelihood(t, drawn);
        var increments = ByRow(_query.KlWeight == 1 ? prior + fit - posterior : fit + _query.KlWeight * (prior - posterior));
        if (_tilt is not null)
            increments = _tilt.Reweigh(t, _scan.State!, increments, () => ByRow(prior + fit - posterior));
        var before = t == 0 && _query.StartWeights is null ? null : _weights.LogWeights;
        _likelihood.Add(_weights.Add(increments));
        _sizes.Add(Resampling.LogEffectiveSampleSize(_weights.LogWeights).exp());
        _query.Observer?.Invoke(new ParticleStep(t, drawn.Prior!, drawn.Posterior, drawn.Draw, _scan.State!, fit, _weights.LogWeights)
        {
            Past = drawn.Past,
            LogWeightsBefore = before,
        });
        int continuing = t + 1 < batch.Steps ? batch.Active[t + 1] : 0;
        if (t + 1 == batch.Steps)
            HandOver(batch.Active[t]);
        if (_lineages is not null)
        {
            using var guard = no_grad();
            _lineages.Add(ByRow(fit), ByRow(prior - posterior));
            _lineages.End(continuing, _weights.LogWeights);
        }
        _weights.End(continuing);
        _resampled.Add(Resample(t, batch.Active[t], continuing));
    }

    /// <summary>Hands what outlives the step to another dispose scope.</summary>
    public void MoveTo(DisposeScope scope)
    {
        _scan.MoveStateTo(scope);
        _weights.MoveTo(scope);
        _tilt?.MoveTo(scope);
        _lineages?.MoveTo(scope);
        foreach (var steps in new[] { _likelihood, _sizes, _resampled })
            steps[^1].KeepIn(scope);
    }

    /// <summary>What was found, once every step is done.</summary>
    public ParticleTerms Terms()
    {
        var evidence = _weights.LogEvidence();
        var score = _scores?.Term(evidence, _query.Batch.Lengths);
        var error = _tilt?.Error is { } squared ? squared.detach() - squared : null;
        return new ParticleTerms(evidence.MoveToOuterDisposeScope(), Concatenate(_likelihood), Concatenate(_sizes), Concatenate(_resampled))
        {
            Surrogate = (score is null || error is null ? score ?? error : score + error)?.MoveToOuterDisposeScope(),
            Parts = Parts(evidence),
        };
    }

    // A window that goes on from here knows nothing of weights: it gets particles of equal ones.
    private void HandOver(int rows)
    {
        if (_query.End is not { } end)
            return;
        using var guard = no_grad();
        var all = ones([rows], ScalarType.Bool, _query.Batch.Device);
        var uniform = _query.Noise.Uniform(rows, _query.Resampling.UniformsPerRow(_query.Noise.Particles));
        end(_query.Resampling.Draw(_weights.LogWeights, all, uniform).Of(_scan.State!));
    }

    private Tensor LogLikelihood(int step, ScanStep drawn)
    {
        var batch = _query.Batch;
        return _query.Model.LogLikelihood(drawn.Draw.Latent, drawn.Past, batch.Step(step).Of(batch.Observations),
            batch.Observed is null ? null : batch.Step(step).Of(batch.Observed));
    }

    // [row, particle] and contiguous: every row's sums then run over memory of its own, whatever rows stand beside it.
    private static Tensor ByRow(Tensor byParticle) => byParticle.transpose(0, 1).contiguous();

    private Tensor Resample(int step, int rows, int continuing)
    {
        var never = zeros([rows], ScalarType.Bool, _query.Batch.Device);
        if (continuing == 0 || !_query.Criterion.CanFire(step))
            return never;
        var fires = Resample(step, continuing);
        return continuing == rows ? fires : cat([fires, never.narrow(0, continuing, rows - continuing)], 0);
    }

    // Of the rows that go on; returns those that resampled.
    private Tensor Resample(int step, int continuing)
    {
        var scheme = _query.Resampling;
        var fires = _query.Criterion.Fires(step, _weights.LogWeights);
        var uniform = _query.Noise.Uniform(continuing, scheme.UniformsPerRow(_query.Noise.Particles));
        // Nobody resamples: every particle is its own offspring. To look is free on a CPU; elsewhere it would wait for the device.
        if (_scores is null && _query.Batch.Device.type == DeviceType.CPU && !fires.any().item<bool>())
            return fires;
        var offspring = scheme.Draw(_weights.LogWeights, fires, uniform);
        var probability = _scores is not null && scheme.HasScoreFunction && offspring is DrawnOffspring drawn
            ? where(fires, scheme.LogProbability(_weights.LogWeights, drawn.Ancestors), zeros_like(fires, _weights.LogWeights.dtype)) : null;
        _weights.Reset(fires);
        if (probability is not null)
            _scores!.Add(step, probability, fires, _weights.Evidence);
        _scan.Select(offspring);
        _tilt?.Select(offspring);
        using (no_grad())
            _lineages?.Select(offspring);
        return fires;
    }

    private (Tensor LogLikelihood, Tensor Kl)? Parts(Tensor evidence)
    {
        if (_lineages is null)
            return null;
        using var guard = no_grad();
        var (fit, correction) = _lineages.Terms();
        return (fit.MoveToOuterDisposeScope(), (fit - evidence - correction).MoveToOuterDisposeScope());
    }

    private static Tensor Concatenate(List<Tensor> steps) => cat([.. steps], 0).MoveToOuterDisposeScope();
}
