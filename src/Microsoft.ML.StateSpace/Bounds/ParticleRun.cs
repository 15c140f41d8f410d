using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>A particle loop on its way.</summary>
internal sealed class ParticleRun
{
    private readonly ParticleQuery _query;
    private readonly IParticles _particles;
    private readonly ParticleWeights _weights;
    private readonly TiltedWeights? _tilt;
    private readonly Lineages? _lineages;
    private readonly AncestorScores? _scores;
    private readonly List<Tensor> _likelihood = [], _sizes = [], _resampled = [];

    public ParticleRun(ParticleQuery query, IParticles particles)
    {
        (_query, _particles) = (query, particles);
        _weights = new ParticleWeights(query.Noise.Particles, query.StartWeights, !particles.GivesEvidence);
        _tilt = query.Tilt is null ? null : new TiltedWeights(query.Model, query.Batch, query.Tilt, query.TiltLearnsByDifferences, query.DropoutNoise);
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
        var drawn = _particles.Draw(t);
        var increments = drawn.Increments(_query.KlWeight);
        if (_tilt is not null)
            increments = _tilt.Reweigh(t, _particles.State, increments, () => drawn.Increments(1));
        bool isFirst = t == 0 && _query.StartWeights is null;
        Tensor? before = isFirst ? null : _weights.LogWeights, sumBefore = isFirst || !_query.TracksSteps ? null : _weights.LogSum;
        _weights.Add(increments);
        if (_query.TracksSteps)
        {
            _likelihood.Add(_weights.StepLogLikelihood(sumBefore));
            _sizes.Add(Resampling.LogEffectiveSampleSize(_weights.LogWeights).exp());
        }
        _query.Observer?.Invoke(drawn.Step(_particles.State, _weights.LogWeights, before));
        int continuing = t + 1 < batch.Steps ? batch.Active[t + 1] : 0;
        if (t + 1 == batch.Steps)
            HandOver(batch.Active[t]);
        if (_lineages is not null)
        {
            using var guard = no_grad();
            _lineages.Add(drawn.Fit, drawn.Gain);
            _lineages.End(continuing, _weights.LogWeights);
        }
        _weights.End(continuing);
        var fires = continuing > 0 && _query.Criterion.CanFire(t) ? Resample(t, continuing) : null;
        if (_query.TracksSteps)
            _resampled.Add(OfAllRows(fires, batch.Active[t]));
    }

    /// <summary>Hands what outlives the step to another dispose scope.</summary>
    public void MoveTo(DisposeScope scope)
    {
        _particles.MoveTo(scope);
        _weights.MoveTo(scope);
        _tilt?.MoveTo(scope);
        _lineages?.MoveTo(scope);
        foreach (var steps in new[] { _likelihood, _sizes, _resampled })
            if (steps.Count > 0)
                steps[^1].KeepIn(scope);
    }

    /// <summary>What was found, once every step is done.</summary>
    public ParticleTerms Terms()
    {
        var evidence = _particles.GivesEvidence ? _particles.LogEvidence() : _weights.LogEvidence();
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
        end(_query.Resampling.Draw(_weights.LogWeights, all, uniform).Of(_particles.State));
    }

    private Tensor OfAllRows(Tensor? fires, int rows)
    {
        long known = fires?.shape[0] ?? 0;
        if (known == rows)
            return fires!;
        var never = zeros([rows - known], ScalarType.Bool, _query.Batch.Device);
        return fires is null ? never : cat([fires, never], 0);
    }

    // Of the rows that go on; returns those that resampled.
    private Tensor Resample(int step, int continuing)
    {
        var scheme = _query.Resampling;
        var fires = _query.Criterion.Fires(step, _weights.LogWeights);
        var uniform = _query.Noise.Uniform(continuing, scheme.UniformsPerRow(_query.Noise.Particles));
        // Nobody resamples: every particle is its own offspring. To look is free on a CPU; elsewhere it would wait for the device.
        if (_scores is null && _query.Batch.Device.IsHost() && !fires.bytes.ContainsAnyExcept((byte)0))
            return fires;
        var offspring = scheme.Draw(_weights.LogWeights, fires, uniform);
        var probability = _scores is not null && scheme.HasScoreFunction && offspring is DrawnOffspring drawn
            ? where(fires, scheme.LogProbability(_weights.LogWeights, drawn.Ancestors), zeros_like(fires, _weights.LogWeights.dtype)) : null;
        _weights.Reset(fires);
        if (probability is not null)
            _scores!.Add(step, probability, fires, _weights.Evidence);
        _particles.Select(step, offspring, fires);
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

    private static Tensor Concatenate(List<Tensor> steps) => (steps.Count == 0 ? empty(0) : cat([.. steps], 0)).MoveToOuterDisposeScope();
}
