using System.Globalization;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>Forecasts of a <see cref="ScalarSystem"/> for each dimension: exact means, quantiles and paths of each given its own past.</summary>
/// <remarks>Paths are drawn in innovation form, one number a step: x_h is its prediction and an error, which the state then follows by its gain.
/// Errors of the dimensions at one step have the correlation that they had in training (Fernández and Harvey 1990), so that paths keep
/// what the dimensions have to do with each other; each dimension's own distribution is the same whatever that is.</remarks>
internal sealed class SeparateForecaster : IGaussianForecaster
{
    // Keeps the correlation of two dimensions that are one positive definite.
    private const double Ridge = 1e-6;

    private const int NamesAtMost = 12;

    private readonly IReadOnlyList<ScalarCandidate> _found;
    private readonly double[,] _factor;
    private readonly ForecastQuestion _question;
    private readonly SequenceScaling _scaling;

    /// <param name="found">Of each dimension.</param>
    /// <param name="correlation">Of the dimensions' standardised errors, [D, D].</param>
    /// <param name="question">What is asked.</param>
    /// <param name="scaling">The units that the systems are in.</param>
    public SeparateForecaster(IReadOnlyList<ScalarCandidate> found, double[,] correlation, ForecastQuestion question, SequenceScaling scaling)
    {
        (_found, _question, _scaling) = (found, question, scaling);
        using var scope = NewDisposeScope();
        var matrix = tensor(correlation) + Ridge * eye(found.Count, dtype: ScalarType.Float64);
        double[] factor = matrix.Cholesky("correlation of the dimensions").contiguous().data<double>().ToArray();
        _factor = new double[found.Count, found.Count];
        Buffer.BlockCopy(factor, 0, _factor, 0, factor.Length * sizeof(double));
    }

    /// <inheritdoc/>
    public string Description => string.Create(CultureInfo.InvariantCulture,
        $"a system for each dimension, harmonics {_found[0].System.Pairs.Count(p => p.Memory == 1)}{string.Concat(_found.Select((f, d) => (f.Returning, d))
            .Where(f => f.Returning is not null).GroupBy(f => f.Returning!, f => f.d).OrderBy(g => g.First())
            .Select(g => string.Create(CultureInfo.InvariantCulture, $"; returning season of memory {g.Key.Memory} and share {g.Key.Share} in {Names(g)}")))}");

    /// <summary>The correlation of the standardised errors of one step ahead that systems make in the training data.</summary>
    /// <remarks>A missing error counts as 0, which keeps the matrix positive semidefinite and draws correlations towards 0.</remarks>
    /// <param name="systems">Of each dimension.</param>
    /// <param name="training">[sequence][dimension]</param>
    public static double[,] Correlation(IReadOnlyList<ScalarSystem> systems, IEnumerable<ScalarSeries[]> training)
    {
        int size = systems.Count;
        var sums = new double[size, size];
        foreach (var series in training)
        {
            double[][] errors = [.. systems.Select((system, d) => Errors(system, series[d]))];
            for (int a = 0; a < size; a++)
                for (int b = 0; b <= a; b++)
                    sums[a, b] += Lanes.Dot(errors[a], errors[b]);
        }
        var result = new double[size, size];
        for (int a = 0; a < size; a++)
            for (int b = 0; b <= a; b++)
                result[a, b] = result[b, a] = a == b ? 1 : sums[a, a] * sums[b, b] > 0 ? sums[a, b] / Math.Sqrt(sums[a, a] * sums[b, b]) : 0;
        return result;
    }

    /// <inheritdoc/>
    public (float[][] Mean, float[][] Deviation) Moments(IReadOnlyList<Sequence> contexts, int horizon)
    {
        float[][] means = [.. contexts.Select(_ => new float[horizon * _found.Count])], deviations = [.. contexts.Select(_ => new float[horizon * _found.Count])];
        for (int i = 0; i < contexts.Count; i++)
        {
            var series = ScalarSeries.Of(contexts[i], horizon);
            for (int d = 0; d < series.Length; d++)
                Fill(Filtered(d, series[d]).Forecast(series[d], series[d].Length, horizon), d, means[i], deviations[i]);
        }
        return (means, deviations);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ProbabilisticForecast> Forecast(IReadOnlyList<Sequence> contexts) => [.. contexts.Select(c => Answer(c.Scaled(_scaling)))];

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private ProbabilisticForecast Answer(Sequence context)
    {
        int size = _found.Count, cells = _question.Horizon * size;
        var series = ScalarSeries.Of(context, _question.Horizon);
        var (means, deviations) = (new float[cells], new float[cells]);
        float[] paths = Noise(context.NoiseKey);
        for (int d = 0; d < size; d++)
        {
            var filter = Filtered(d, series[d]);
            var ahead = new ScalarFilter(_found[d].System);
            ahead.CopyFrom(filter);
            Fill(ahead.Forecast(series[d], series[d].Length, _question.Horizon), d, means, deviations);
            if (_question.Paths > 0)
                Draw(filter, series[d], d, paths);
        }
        float[][] quantiles = [.. _question.Probabilities.Select(p => means.Zip(deviations, (m, s) => m + (float)SeasonalForecaster.StandardQuantile(p) * s).ToArray())];
        foreach (float[] values in quantiles.Append(means).Append(paths))
            _scaling.Restore(values, []);
        return new ProbabilisticForecast(means, quantiles, paths);
    }

    private ScalarFilter Filtered(int dimension, ScalarSeries series)
    {
        var filter = new ScalarFilter(_found[dimension].System);
        filter.Run(series);
        return filter;
    }

    private void Fill((double Mean, double Deviation)[] forecast, int dimension, float[] means, float[] deviations)
    {
        for (int h = 0; h < forecast.Length; h++)
            (means[h * _found.Count + dimension], deviations[h * _found.Count + dimension]) = ((float)forecast[h].Mean, (float)forecast[h].Deviation);
    }

    // Standard normal errors with the dimensions' correlation, N·H·D numbers.
    private float[] Noise(ulong key)
    {
        int size = _found.Count;
        if (_question.Paths == 0)
            return [];
        using var scope = NewDisposeScope();
        using var source = new RowNoise(_question.Seed, [key], _question.Paths, CPU, ScalarType.Float64);
        double[] drawn = source.Normal(1, _question.Horizon * size).contiguous().data<double>().ToArray();
        var result = new float[drawn.Length];
        for (int i = 0; i < drawn.Length; i += size)
            for (int d = 0; d < size; d++)
            {
                double sum = 0;
                for (int e = 0; e <= d; e++)
                    sum += _factor[d, e] * drawn[i + e];
                result[i + d] = (float)(sum / Math.Sqrt(1 + Ridge));
            }
        return result;
    }

    // Errors in, values out.
    private void Draw(ScalarFilter filter, ScalarSeries series, int dimension, float[] paths)
    {
        var system = _found[dimension].System;
        int size = system.LatentSize, horizon = _question.Horizon;
        double[] states = [.. Enumerable.Range(0, _question.Paths).SelectMany(_ => filter.Mean)];
        for (int h = 0; h < horizon; h++)
        {
            filter.MoveCovariance();
            double variance = filter.FindGain();
            filter.Shrink(variance);
            for (int n = 0; n < _question.Paths; n++)
            {
                var state = states.AsSpan(n * size, size);
                system.Move(state);
                system.Drive(state, series.ControlsOf(series.Length + h));
                ref float cell = ref paths[(n * horizon + h) * _found.Count + dimension];
                double error = Math.Sqrt(variance) * cell;
                cell = (float)(system.Offset + system.Read(state) + error);
                Lanes.Add(error, filter.Gain, state);
            }
        }
    }

    private static double[] Errors(ScalarSystem system, ScalarSeries series)
    {
        var filter = new ScalarFilter(system);
        filter.Start();
        var result = new double[series.Length];
        for (int t = 0; t < result.Length; t++)
        {
            if (t > 0)
                filter.Move(series.ControlsOf(t));
            var (error, variance) = filter.Observe(series.Values[t]);
            result[t] = error / Math.Sqrt(variance);
        }
        return result;
    }

    private static string Names(IEnumerable<int> dimensions) =>
        dimensions.Count() > NamesAtMost ? $"{dimensions.Count()} dimensions" : $"dimensions {string.Join(' ', dimensions.Select(d => d.ToString(CultureInfo.InvariantCulture)))}";
}
