using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
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

/// <summary>Forecasts sequences together; a row's noise belongs to the row, and is that of <see cref="SequenceScorer"/>.</summary>
internal sealed class SequenceForecaster(StateSpaceNetworks networks, ForecastOptions options, int horizon, int particles, int seed, Device device)
{
    /// <summary>Rows that are best forecast together.</summary>
    public int RowsPerBatch => Math.Min(64, BoundEvaluator.RowsPerBatch(networks, particles));

    /// <summary>Forecasts of each sequence, in order; their controls reach far enough.</summary>
    public SequenceForecast[] Forecast(IReadOnlyList<ForecastRow> rows)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Sequence[] sequences = [.. rows.Select(r => r.Steps)];
        using var batch = SequenceBatch.Create(sequences, device);
        using var noise = new RowNoise(~seed, batch.NoiseKeys, particles, device);
        var filtered = ParticleFilter.Run(networks, batch, sequences, noise);
        float[][] likelihoods = Trajectory.Unpack(filtered.Terms.StepLogLikelihood, batch, [.. sequences.Select(s => s.Steps)], 0);
        Future[] futures = [.. batch.Order.Select(place => new Future(sequences[place].Inputs, sequences[place].Length, rows[place].Controls))];
        var paths = options.Paths == 0 ? null
            : ParticleChoice.Order(seed, batch.NoiseKeys, particles, device).narrow(1, 0, options.Paths);
        var found = Forecaster.Run(networks.Generative, filtered.Last, FutureInputs.Of(networks.Generative.Data, futures, horizon, device), noise,
            options.Quantiles, paths);
        float[][] means = Trajectory.Rows(found.Mean), drawn = found.Paths is null ? [] : Trajectory.Rows(found.Paths);
        float[][][] quantiles = [.. found.Quantiles.Select(Trajectory.Rows)];
        var result = new SequenceForecast[rows.Count];
        for (int b = 0; b < rows.Count; b++)
        {
            int place = batch.Order[b];
            result[place] = new SequenceForecast(means[b], [.. quantiles.Select(q => q[b])], found.Paths is null ? [] : drawn[b], likelihoods[place].Sum());
        }
        return result;
    }
}
