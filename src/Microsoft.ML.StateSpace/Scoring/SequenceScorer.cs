using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Scores sequences together: only what is asked for is computed, and a row's noise belongs to the row.</summary>
internal sealed class SequenceScorer(StateSpaceNetworks networks, ScoringOptions options, Device device)
{
    /// <summary>What needs the steps to come.</summary>
    internal const ScoreOutputs Forecasts = ScoreOutputs.Forecast | ScoreOutputs.ForecastLower | ScoreOutputs.ForecastUpper;

    private const ScoreOutputs Smoothed = ScoreOutputs.SmoothedMean | ScoreOutputs.SmoothedStd;

    private readonly IFilter _filter = FilterChoice.Of(networks, options, device);

    /// <summary>What finds latents, likelihoods and forecasts.</summary>
    public FilterKind FilterKind => _filter.Kind;

    /// <summary>Rows that are best scored together.</summary>
    public int RowsPerBatch => Math.Min(64, BoundEvaluator.RowsPerBatch(networks, options.Particles));

    /// <summary>Scores of each sequence, in order.</summary>
    public SequenceScores[] Score(IReadOnlyList<Sequence> sequences, ScoreOutputs outputs)
    {
        var scores = sequences.Select(s => new SequenceScores { Id = s.Id }).ToArray();
        if (outputs == ScoreOutputs.None || sequences.Count == 0)
            return scores;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(sequences, device, _filter.Type);
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
        var (mean, std) = _filter.Smooth(batch);
        if (outputs.HasFlag(ScoreOutputs.SmoothedMean))
            Give(ScoreOutputs.SmoothedMean, mean, batch, steps, float.NaN, scores, (s, v) => s.SmoothedMean = v);
        if (outputs.HasFlag(ScoreOutputs.SmoothedStd))
            Give(ScoreOutputs.SmoothedStd, std, batch, steps, float.NaN, scores, (s, v) => s.SmoothedStd = v);
    }

    private void Filter(SequenceBatch batch, IReadOnlyList<Sequence> rows, int[] steps, ScoreOutputs outputs, SequenceScores[] scores)
    {
        using var scope = NewDisposeScope();
        var filtered = _filter.Filter(batch, rows, (outputs & Forecasts) == 0 ? null : Band(rows));
        // Where a step has no likelihood, the weights say nothing, and whatever follows from them may yet look sound.
        float[][] likelihoods = Trajectory.Unpack(filtered.StepLogLikelihood, batch, steps, 0);
        for (int i = 0; i < scores.Length; i++)
            Mark(scores[i], ~Smoothed, likelihoods[i]);
        if (outputs.HasFlag(ScoreOutputs.FilteredMean))
            Give(ScoreOutputs.FilteredMean, filtered.Mean, batch, steps, float.NaN, scores, (s, v) => s.FilteredMean = v);
        if (outputs.HasFlag(ScoreOutputs.FilteredStd))
            Give(ScoreOutputs.FilteredStd, filtered.Std, batch, steps, float.NaN, scores, (s, v) => s.FilteredStd = v);
        if (outputs.HasFlag(ScoreOutputs.LogLikelihood))
            Give(ScoreOutputs.LogLikelihood, filtered.StepLogLikelihood, batch, steps, 0, scores, (s, v) => s.LogLikelihood = v);
        if (outputs.HasFlag(ScoreOutputs.EffectiveSampleSize))
            Give(ScoreOutputs.EffectiveSampleSize, filtered.EffectiveSampleSize, batch, steps, float.NaN, scores, (s, v) => s.EffectiveSampleSize = v);
        if (filtered.Forecast is { } band)
            Give(band, batch, scores);
    }

    private ForecastQuery Band(IReadOnlyList<Sequence> rows) => new(FutureInputs.After(networks.Generative.Data, rows, options.Horizon), options.Horizon,
        [(1 - options.ConfidenceLevel) / 2, (1 + options.ConfidenceLevel) / 2]);

    private static void Give(ForecastTensors band, SequenceBatch batch, SequenceScores[] scores)
    {
        float[][] means = Trajectory.Rows(band.Mean), lowers = Trajectory.Rows(band.Quantiles[0]), uppers = Trajectory.Rows(band.Quantiles[1]);
        for (int b = 0; b < batch.Count; b++)
        {
            var row = scores[batch.Order[b]];
            (row.Forecast, row.ForecastLower, row.ForecastUpper) = (means[b], lowers[b], uppers[b]);
            Mark(row, ScoreOutputs.Forecast, means[b]);
            Mark(row, ScoreOutputs.ForecastLower, lowers[b]);
            Mark(row, ScoreOutputs.ForecastUpper, uppers[b]);
        }
    }

    private static void Give(ScoreOutputs output, Tensor packed, SequenceBatch batch, int[] steps, float padding, SequenceScores[] scores,
        Action<SequenceScores, float[]> set)
    {
        float[][] rows = Trajectory.Unpack(packed, batch, steps, padding);
        for (int b = 0; b < batch.Count; b++)
        {
            int place = batch.Order[b];
            set(scores[place], rows[place]);
            Mark(scores[place], output, rows[place].AsSpan(0, rows[place].Length / steps[place] * batch.Lengths[b]));
        }
    }

    private static void Mark(SequenceScores scores, ScoreOutputs output, ReadOnlySpan<float> values)
    {
        foreach (float value in values)
            if (!float.IsFinite(value))
                scores.NotFinite |= output;
    }
}
