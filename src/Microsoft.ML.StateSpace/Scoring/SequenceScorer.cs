using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Scores sequences together: only what is asked for is computed, and a row's noise belongs to the row.</summary>
internal sealed class SequenceScorer(StateSpaceNetworks networks, ScoringOptions options, Device device)
{
    private const ScoreOutputs Smoothed = ScoreOutputs.SmoothedMean | ScoreOutputs.SmoothedStd;
    private const ScoreOutputs Forecasts = ScoreOutputs.Forecast | ScoreOutputs.ForecastLower | ScoreOutputs.ForecastUpper;

    /// <summary>Rows that are best scored together.</summary>
    public int RowsPerBatch => Math.Min(64, BoundEvaluator.RowsPerBatch(networks, options.Particles));

    /// <summary>Scores of each sequence, in order.</summary>
    public SequenceScores[] Score(IReadOnlyList<Sequence> sequences, ScoreOutputs outputs)
    {
        var scores = sequences.Select(_ => new SequenceScores()).ToArray();
        if (outputs == ScoreOutputs.None || sequences.Count == 0)
            return scores;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(sequences, device);
        int[] steps = [.. sequences.Select(s => s.Steps)];
        if ((outputs & Smoothed) != 0)
            Smooth(batch, steps, outputs, scores);
        if ((outputs & ~Smoothed) != 0)
            Filter(batch, sequences, steps, outputs, scores);
        return scores;
    }

    private void Smooth(SequenceBatch batch, int[] steps, ScoreOutputs outputs, SequenceScores[] scores)
    {
        using var scope = NewDisposeScope();
        using var noise = new RowNoise(options.Seed, batch.NoiseKeys, options.SmoothingSamples, device);
        var (mean, std) = Smoother.Run(networks, batch, noise);
        if (outputs.HasFlag(ScoreOutputs.SmoothedMean))
            Give(mean, batch, steps, float.NaN, scores, (s, v) => s.SmoothedMean = v);
        if (outputs.HasFlag(ScoreOutputs.SmoothedStd))
            Give(std, batch, steps, float.NaN, scores, (s, v) => s.SmoothedStd = v);
    }

    private void Filter(SequenceBatch batch, IReadOnlyList<Sequence> rows, int[] steps, ScoreOutputs outputs, SequenceScores[] scores)
    {
        using var scope = NewDisposeScope();
        using var noise = new RowNoise(~options.Seed, batch.NoiseKeys, options.Particles, device);
        var filtered = ParticleFilter.Run(networks, batch, rows, noise);
        if (outputs.HasFlag(ScoreOutputs.FilteredMean))
            Give(filtered.Mean, batch, steps, float.NaN, scores, (s, v) => s.FilteredMean = v);
        if (outputs.HasFlag(ScoreOutputs.FilteredStd))
            Give(filtered.Std, batch, steps, float.NaN, scores, (s, v) => s.FilteredStd = v);
        if (outputs.HasFlag(ScoreOutputs.LogLikelihood))
            Give(filtered.Terms.StepLogLikelihood, batch, steps, 0, scores, (s, v) => s.LogLikelihood = v);
        if (outputs.HasFlag(ScoreOutputs.EffectiveSampleSize))
            Give(filtered.Terms.EffectiveSampleSize, batch, steps, float.NaN, scores, (s, v) => s.EffectiveSampleSize = v);
        if ((outputs & Forecasts) != 0)
            Forecast(batch, rows, filtered.Last, noise, scores);
    }

    private void Forecast(SequenceBatch batch, IReadOnlyList<Sequence> rows, ModelState last, NoiseSource noise, SequenceScores[] scores)
    {
        var future = FutureInputs.Of(networks.Generative.Data, [.. batch.Order.Select(place => rows[place])], options.Horizon, device);
        double tail = (1 - options.ConfidenceLevel) / 2;
        var found = Forecaster.Run(networks.Generative, last, future, noise, [tail, (1 + options.ConfidenceLevel) / 2]);
        float[][] means = Rows(found.Mean), lowers = Rows(found.Quantiles[0]), uppers = Rows(found.Quantiles[1]);
        for (int b = 0; b < batch.Count; b++)
        {
            var row = scores[batch.Order[b]];
            (row.Forecast, row.ForecastLower, row.ForecastUpper) = (means[b], lowers[b], uppers[b]);
        }
    }

    private static float[][] Rows(Tensor tensor) =>
        [.. tensor.cpu().contiguous().data<float>().ToArray().Chunk((int)tensor.shape[1])];

    private static void Give(Tensor packed, SequenceBatch batch, int[] steps, float padding, SequenceScores[] scores,
        Action<SequenceScores, float[]> set)
    {
        float[][] rows = Trajectory.Unpack(packed, batch, steps, padding);
        for (int i = 0; i < rows.Length; i++)
            set(scores[i], rows[i]);
    }
}
