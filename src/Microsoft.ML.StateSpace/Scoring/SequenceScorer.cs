using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Scores sequences together: only what is asked for is computed, and a row's noise belongs to the row.</summary>
/// <param name="networks">The model.</param>
/// <param name="options">How sequences are scored.</param>
/// <param name="device">Where it runs.</param>
/// <param name="calibration">What anomaly scores go through; null: they are the model's own tail probabilities.</param>
internal sealed class SequenceScorer(StateSpaceNetworks networks, ScoringOptions options, Device device, AnomalyCalibration? calibration = null)
{
    /// <summary>What needs the steps to come.</summary>
    internal const ScoreOutputs Forecasts = ScoreOutputs.Forecast | Band | ScoreOutputs.ForecastQuantiles | ScoreOutputs.ForecastPaths;

    private const ScoreOutputs Smoothed = ScoreOutputs.SmoothedMean | ScoreOutputs.SmoothedStd | ScoreOutputs.Imputed;
    private const ScoreOutputs Band = ScoreOutputs.ForecastLower | ScoreOutputs.ForecastUpper;

    private readonly SequenceScaling? _scaling = networks.Scaling;
    private readonly PanelStore _panels = new();
    private readonly IFilter _filter = FilterChoice.Of(networks, options, device);

    /// <summary>What finds latents, likelihoods and forecasts.</summary>
    public FilterKind FilterKind => _filter.Kind;

    /// <summary>Rows that are best scored together.</summary>
    public int RowsPerBatch => BoundEvaluator.RowsPerBatch(networks, options.Particles);

    /// <summary>Scores of each sequence, in order.</summary>
    public SequenceScores[] Score(IReadOnlyList<Sequence> sequences, ScoreOutputs outputs)
    {
        var scores = sequences.Select(s => new SequenceScores { Id = s.Id }).ToArray();
        if (outputs == ScoreOutputs.None || sequences.Count == 0)
            return scores;
        using var guard = no_grad();
        using var panels = RowPanels.Keep(_panels);
        using var scope = NewDisposeScope();
        Sequence[] rows = [.. sequences.Select(s => s.Scaled(_scaling))];
        using var batch = SequenceBatch.Create(rows, device, _filter.Type);
        var given = new GivenScores(batch, rows, scores, outputs, _scaling);
        if ((outputs & Smoothed) != 0)
            Smooth(batch, sequences, given);
        if ((outputs & ~Smoothed) != 0)
            Filter(batch, rows, given);
        return scores;
    }

    /// <summary>The model's own tail probability of every step inside the lengths, in any order; NaN where nothing is observed.</summary>
    /// <param name="sequences">In the data's units: a probability is the same in any.</param>
    public double[] TailProbabilities(IReadOnlyList<Sequence> sequences)
    {
        using var guard = no_grad();
        using var panels = RowPanels.Keep(_panels);
        using var scope = NewDisposeScope();
        Sequence[] rows = [.. sequences.Select(s => s.Scaled(_scaling))];
        using var batch = SequenceBatch.Create(rows, device, _filter.Type);
        var filtered = _filter.Filter(batch, rows, null, tails: true);
        return filtered.TailProbability!.cpu().data<double>().ToArray();
    }

    private void Smooth(SequenceBatch batch, IReadOnlyList<Sequence> raw, GivenScores given)
    {
        using var scope = NewDisposeScope();
        var smoothed = _filter.Smooth(batch, given.Wants(ScoreOutputs.SmoothedStd), given.Wants(ScoreOutputs.Imputed));
        given.Give(ScoreOutputs.SmoothedMean, smoothed.Mean, float.NaN, (s, v) => s.SmoothedMean = v);
        given.Give(ScoreOutputs.SmoothedStd, smoothed.Std, float.NaN, (s, v) => s.SmoothedStd = v);
        given.GiveImputed(smoothed.Imputed, raw);
    }

    private void Filter(SequenceBatch batch, IReadOnlyList<Sequence> rows, GivenScores given)
    {
        using var scope = NewDisposeScope();
        var query = Query(rows, given);
        var filtered = _filter.Filter(batch, rows, query, given.Wants(ScoreOutputs.AnomalyScore));
        given.GiveLikelihood(filtered.StepLogLikelihood, ~Smoothed);
        given.Give(ScoreOutputs.FilteredMean, filtered.Mean, float.NaN, (s, v) => s.FilteredMean = v);
        given.Give(ScoreOutputs.FilteredStd, filtered.Std, float.NaN, (s, v) => s.FilteredStd = v);
        given.Give(ScoreOutputs.EffectiveSampleSize, filtered.EffectiveSampleSize, float.NaN, (s, v) => s.EffectiveSampleSize = v);
        // A step that was not observed has no score: not a fault.
        given.Give(ScoreOutputs.AnomalyScore, filtered.TailProbability is { } raw && calibration is not null ? calibration.Apply(raw) : filtered.TailProbability,
            float.NaN, (s, v) => s.AnomalyScore = v, mayBeNaN: true);
        if (filtered.Forecast is not { } forecast)
            return;
        given.Give(ScoreOutputs.Forecast, forecast.Mean, options.Horizon, (s, v) => s.Forecast = v);
        if (given.Wants(Band))
        {
            given.Give(ScoreOutputs.ForecastLower, forecast.Quantiles[0], options.Horizon, (s, v) => s.ForecastLower = v);
            given.Give(ScoreOutputs.ForecastUpper, forecast.Quantiles[1], options.Horizon, (s, v) => s.ForecastUpper = v);
        }
        if (given.Wants(ScoreOutputs.ForecastQuantiles))
            given.Give(ScoreOutputs.ForecastQuantiles, cat([.. forecast.Quantiles[^options.Quantiles.Count..]], 1), options.Horizon, (s, v) => s.ForecastQuantiles = v);
        given.Give(ScoreOutputs.ForecastPaths, forecast.Paths, options.Horizon, (s, v) => s.ForecastPaths = v);
    }

    // What is wanted of the steps to come; null: nothing. The band's two probabilities come first, the quantiles' last.
    private ForecastQuery? Query(IReadOnlyList<Sequence> rows, GivenScores given)
    {
        if (!given.Wants(Forecasts))
            return null;
        double[] band = given.Wants(Band) ? [(1 - options.ConfidenceLevel) / 2, (1 + options.ConfidenceLevel) / 2] : [];
        return new(FutureInputs.After(networks.Generative.Data, rows, options.Horizon), options.Horizon,
            [.. band, .. given.Wants(ScoreOutputs.ForecastQuantiles) ? options.Quantiles : []],
            given.Wants(ScoreOutputs.ForecastPaths) ? options.SamplePaths : 0);
    }
}
