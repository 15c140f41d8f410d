using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>Forecasts of a fitted <see cref="SeasonalSystem"/>: exact means and quantiles, and paths drawn from the exact joint distribution.</summary>
/// <param name="system">Its form.</param>
/// <param name="parameters">Owned by this, outside any scope.</param>
/// <param name="question">What is asked.</param>
/// <param name="scaling">The units that the parameters are in.</param>
/// <param name="iterations">Of EM.</param>
internal sealed class SeasonalForecaster(SeasonalSystem system, LinearGaussianParameters parameters, ForecastQuestion question, SequenceScaling scaling, int iterations)
    : IGaussianForecaster
{
    private const int RowsPerBatch = 64;

    public string Description => $"a joint system, free state {system.Free}, harmonics {system.Frequencies.Count}, EM iterations {iterations}";

    public IReadOnlyList<ProbabilisticForecast> Forecast(IReadOnlyList<Sequence> contexts) =>
        [.. contexts.Chunk(RowsPerBatch).SelectMany(rows => Answer([.. rows.Select(r => r.Scaled(scaling))]))];

    /// <inheritdoc/>
    public (float[][] Mean, float[][] Deviation) Moments(IReadOnlyList<Sequence> contexts, int horizon)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(contexts, type: ScalarType.Float64);
        var (forecast, _, _) = Run(batch, contexts, horizon);
        float[][] means = InOrder(forecast.Mean, batch), deviations = InOrder(forecast.Covariance.diagonal(0, -2, -1).sqrt(), batch);
        return (means, deviations);
    }

    public void Dispose() => parameters.Dispose();

    private ProbabilisticForecast[] Answer(Sequence[] contexts)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(contexts, type: ScalarType.Float64);
        var (forecast, last, moves) = Run(batch, contexts, question.Horizon);
        var deviation = forecast.Covariance.diagonal(0, -2, -1).sqrt();
        float[][] means = InOrder(forecast.Mean, batch);
        float[][][] quantiles = [.. question.Probabilities.Select(p => InOrder(forecast.Mean + StandardQuantile(p) * deviation, batch))];
        float[][] paths = question.Paths == 0 ? [.. means.Select(_ => Array.Empty<float>())] : InOrder(Draw(batch, last, moves), batch);
        foreach (float[] values in means.Concat(quantiles.SelectMany(q => q)).Concat(paths))
            scaling.Restore(values, []);
        return [.. means.Select((mean, i) => new ProbabilisticForecast(mean, [.. quantiles.Select(q => q[i])], paths[i]))];
    }

    private (LinearGaussianForecast Forecast, GaussianMoments Last, AffineGaussian[] Moves) Run(SequenceBatch batch, IReadOnlyList<Sequence> contexts, int horizon)
    {
        var last = KalmanFilter.Run(parameters.System(batch, SeasonalFit.ControlsOf(batch)), batch).Filtered.Last();
        var data = new DataShape(batch.ObservationSize, batch.ControlSize, HasTimes: false);
        Future[] futures = [.. batch.Order.Select(place => new Future(contexts[place].Inputs, contexts[place].Length))];
        var inputs = FutureInputs.Of(data, futures, horizon, CPU, ScalarType.Float64);
        AffineGaussian[] moves = [.. inputs.Select(MoveWith)];
        return (LinearGaussianForecast.Run(last, horizon, h => moves[h], _ => Emission), last, moves);
    }

    private AffineGaussian MoveWith(StepInputs inputs) => new(parameters.Transition,
        parameters.Control is null ? parameters.TransitionOffset : parameters.Control.Apply(inputs.Controls!) + parameters.TransitionOffset,
        parameters.TransitionCovariance);

    private AffineGaussian Emission => AffineGaussian.Independent(parameters.Emission, parameters.EmissionOffset, parameters.EmissionVariance);

    // [row, N, H, D]
    private Tensor Draw(SequenceBatch batch, GaussianMoments last, AffineGaussian[] moves)
    {
        using var scope = NewDisposeScope();
        using var noise = new RowNoise(question.Seed, batch.NoiseKeys, question.Paths, CPU, ScalarType.Float64);
        var state = last.Sample(noise.Normal(batch.Count, system.LatentSize));
        var factor = parameters.TransitionCovariance.Cholesky("transition covariance");
        var deviation = parameters.EmissionVariance.sqrt();
        var drawn = new Tensor[moves.Length];
        for (int h = 0; h < moves.Length; h++)
        {
            using var step = NewDisposeScope();
            state = (moves[h].Matrix.Apply(state) + moves[h].Offset + factor.Apply(noise.Normal(batch.Count, system.LatentSize))).MoveToOuterDisposeScope();
            drawn[h] = (parameters.Emission.Apply(state) + parameters.EmissionOffset + deviation * noise.Normal(batch.Count, batch.ObservationSize))
                .to(ScalarType.Float32).MoveToOuterDisposeScope();
        }
        return stack(drawn, 2).transpose(0, 1).MoveToOuterDisposeScope();
    }

    private static float[][] InOrder(Tensor rows, SequenceBatch batch)
    {
        float[][] packed = Trajectory.Rows(rows);
        var result = new float[packed.Length][];
        for (int b = 0; b < packed.Length; b++)
            result[batch.Order[b]] = packed[b];
        return result;
    }

    /// <summary>The x with Φ(x) = p: √2 erf⁻¹(2p − 1).</summary>
    internal static double StandardQuantile(double probability) =>
        Math.Sqrt(2) * tensor(2 * probability - 1, ScalarType.Float64).erfinv().item<double>();
}
