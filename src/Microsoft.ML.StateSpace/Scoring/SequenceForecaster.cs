using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>A sequence to be forecast.</summary>
/// <param name="Steps">What was observed.</param>
/// <param name="Controls">Controls of the steps to come; null: those of the sequence itself.</param>
internal sealed record ForecastRow(Sequence Steps, SequenceInputs? Controls);

/// <summary>One sequence's forecast.</summary>
/// <param name="Mean">E[x_{T+h} | x_1 … x_T], H·D numbers.</param>
/// <param name="Quantiles">H·D numbers for each probability.</param>
/// <param name="Paths">N·H·D numbers, path by path.</param>
/// <param name="LogLikelihood">log p(x_1 … x_T) as the filter found it, in nats; where it is not finite, neither can the forecast be trusted.</param>
internal sealed record SequenceForecast(float[] Mean, float[][] Quantiles, float[] Paths, float LogLikelihood);

/// <summary>Forecasts sequences together, from the same filter and by the same noise as <see cref="SequenceScorer"/>.</summary>
/// <param name="networks">The model.</param>
/// <param name="options">Quantiles and paths.</param>
/// <param name="scoring">Filter, particles, seed and horizon.</param>
/// <param name="device">Where it runs.</param>
internal sealed class SequenceForecaster(StateSpaceNetworks networks, ForecastOptions options, ScoringOptions scoring, Device device)
{
    private readonly IFilter _filter = FilterChoice.Of(networks, scoring, device);

    /// <summary>H.</summary>
    public int Horizon => scoring.Horizon;

    /// <summary>Rows that are best forecast together.</summary>
    public int RowsPerBatch => Math.Min(64, BoundEvaluator.RowsPerBatch(networks, scoring.Particles));

    /// <summary>Forecasts of each sequence, in order; their controls reach far enough.</summary>
    public SequenceForecast[] Forecast(IReadOnlyList<ForecastRow> rows)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var scaling = networks.Scaling;
        Sequence[] sequences = [.. rows.Select(r => r.Steps.Scaled(scaling))];
        using var batch = SequenceBatch.Create(sequences, device, _filter.Type);
        var query = new ForecastQuery([.. rows.Zip(sequences, (row, s) => new Future(s.Inputs, s.Length, scaling is null ? row.Controls : row.Controls?.Scaled(scaling)))], Horizon, options.Quantiles, options.Paths);
        var filtered = _filter.Filter(batch, sequences, query);
        var found = filtered.Forecast!;
        float[][] likelihoods = Trajectory.Unpack(filtered.StepLogLikelihood, batch, [.. sequences.Select(s => s.Steps)], 0);
        float[][] Restored(Tensor tensor) => Trajectory.Rows(tensor, scaling, row => query.Rows[batch.Order[row]].ControlsUntil(Horizon));
        float[][] means = Restored(found.Mean), drawn = found.Paths is null ? [] : Restored(found.Paths);
        float[][][] quantiles = [.. found.Quantiles.Select(Restored)];
        var result = new SequenceForecast[rows.Count];
        for (int b = 0; b < rows.Count; b++)
        {
            int place = batch.Order[b];
            result[place] = new SequenceForecast(means[b], [.. quantiles.Select(q => q[b])], found.Paths is null ? [] : drawn[b], likelihoods[place].Sum() + (float)sequences[place].LogJacobian());
        }
        return result;
    }
}
