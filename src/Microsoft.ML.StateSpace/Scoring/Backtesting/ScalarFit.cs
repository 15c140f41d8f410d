using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>A fitted system of one dimension.</summary>
/// <param name="System">May begin at any step.</param>
/// <param name="Returning">The season that comes and goes beside the lasting one; null: none.</param>
/// <param name="Score">Mean CRPS of forecasts of the validation data; infinite where nothing is observed there.</param>
internal sealed record ScalarCandidate(ScalarSystem System, ReturningSeason? Returning, double Score);

/// <summary>A season of which something is lost at every turn: what the last days had in common, beside what all days have.</summary>
/// <param name="Memory">Seasons until 1/e of it is left.</param>
/// <param name="Share">Its variance, in variances of the lasting season.</param>
internal sealed record ReturningSeason(int Memory, double Share);

/// <summary>Fits a <see cref="ScalarSystem"/> to one dimension: a level, a transient, and lasting seasons by maximum likelihood; then, beside
/// them, returning seasons whose memory and share are chosen by forecasts of the validation data.</summary>
/// <remarks>The likelihood of one step ahead tells too little of a returning season, which matters for forecasts of days ahead. Of every search
/// the point is kept that forecasts the validation data best, as for the joint system.</remarks>
internal sealed class ScalarFit
{
    // Origins in the validation data of a dimension.
    private const int Looks = 128;

    private const int IterationsPerLook = 3;

    private static readonly ReturningSeason[] s_returning =
        [.. from memory in new[] { 4, 16 } from share in new[] { 0.2, 0.7 } select new ReturningSeason(memory, share)];

    private readonly LinearGaussianMethod _method;
    private readonly int _horizon;
    private readonly CancellationToken _cancellation;
    private readonly SeasonalPair[] _lasting;
    private readonly int[] _groups;

    /// <param name="method">Seasons and iterations.</param>
    /// <param name="horizon">H</param>
    /// <param name="cancellation">Stops the work between two points.</param>
    public ScalarFit(LinearGaussianMethod method, int horizon, CancellationToken cancellation)
    {
        (_method, _horizon, _cancellation) = (method, horizon, cancellation);
        double[] frequencies = SeasonalSystem.FrequenciesOf(method.Seasons, method.Harmonics);
        int[] seasons = [.. method.Seasons.Distinct().Order()];
        _lasting = [.. frequencies.Select(f => new SeasonalPair(f, 1))];
        // Each pair changes as fast as the others of its season, the shortest that it is a harmonic of.
        _groups = [.. frequencies.Select(f => Array.FindIndex(seasons, m => Math.Abs(f * m - Math.Round(f * m)) < 1e-9))];
        int[] used = [.. _groups.Distinct().Order()];
        _groups = [.. _groups.Select(g => Array.IndexOf(used, g))];
    }

    /// <summary>The best system.</summary>
    /// <param name="training">Of the dimension, standardised.</param>
    /// <param name="validation">To choose by; may be empty.</param>
    public ScalarCandidate Run(IReadOnlyList<ScalarSeries> training, IReadOnlyList<ScalarSeries> validation)
    {
        var best = Search(Start(training[0].ControlSize), _groups, null, _method.Iterations, training, validation);
        if (_lasting.Length == 0 || double.IsInfinity(best.Score))
            return best;
        var lasting = best.System;
        foreach (var season in s_returning)
        {
            var (start, groups) = With(lasting, season);
            var found = Search(start, groups, season, Math.Max(1, _method.Iterations / 4), training, validation);
            if (found.Score < best.Score)
                best = found;
        }
        return best;
    }

    /// <summary>A level that hardly forgets and a transient, of half the standardised variance, and seasons that change in years.</summary>
    internal ScalarSystem Start(int controls)
    {
        double[] decay = [0.998, 0.8];
        const double Variance = 0.25, Season = 0.1, SeasonalNoise = 1e-5;
        return new ScalarSystem
        {
            Decay = decay,
            Noise = [.. decay.Select(phi => Variance * (1 - phi * phi))],
            Control = new double[controls * decay.Length],
            Pairs = _lasting,
            SeasonalNoise = [.. _lasting.Select(_ => SeasonalNoise)],
            Offset = 0,
            Variance = 0.1,
            InitialMean = new double[decay.Length],
            InitialVariance = [.. decay.Select(_ => Variance), .. _lasting.Select(_ => Season)],
        };
    }

    // Beside the lasting season, the shortest one's pairs once more; their noise is that of the share, and stays.
    private (ScalarSystem System, int[] Groups) With(ScalarSystem lasting, ReturningSeason season)
    {
        var shortest = _lasting.Where((_, k) => _groups[k] == 0).ToArray();
        double memory = Math.Exp(-1.0 / (season.Memory * _method.Seasons.Min()));
        double variance = season.Share * lasting.InitialVariance[lasting.Components..].Where((_, k) => _groups[k] == 0).Average();
        return (lasting with
        {
            Pairs = [.. _lasting, .. shortest.Select(p => p with { Memory = memory })],
            SeasonalNoise = [.. lasting.SeasonalNoise, .. shortest.Select(_ => variance * (1 - memory * memory))],
            InitialVariance = [.. lasting.InitialVariance, .. shortest.Select(_ => variance)],
        }, [.. _groups, .. shortest.Select(_ => -1)]);
    }

    private ScalarCandidate Search(ScalarSystem start, int[] groups, ReturningSeason? season, int iterations,
        IReadOnlyList<ScalarSeries> training, IReadOnlyList<ScalarSeries> validation)
    {
        var parameters = new ScalarParameters(start, groups);
        long count = Math.Max(1, training.Sum(s => s.Values.LongCount(v => !double.IsNaN(v))));
        var search = new QuasiNewton(numbers => parameters.Loss(numbers, training, count));
        ScalarCandidate? best = null;
        double[]? last = null;
        int done = 0;
        foreach (double[] point in search.Path(parameters.Start(), iterations))
        {
            _cancellation.ThrowIfCancellationRequested();
            last = point;
            if (done++ % IterationsPerLook == 0)
                Look(point);
        }
        if ((done - 1) % IterationsPerLook != 0)
            Look(last!);
        return best!;

        // Without anything to choose by, the last point is the likeliest.
        void Look(double[] point)
        {
            var system = StartingAnywhere(parameters.System(point), training);
            double score = Score(system, validation);
            if (best is null || score < best.Score || double.IsInfinity(score))
                best = new ScalarCandidate(system, season, score);
        }
    }

    /// <summary>The system with the moments of z_1 as those of z_t over all training steps: E[zzᵀ] is the mean of those of the filtered states.</summary>
    internal ScalarSystem StartingAnywhere(ScalarSystem system, IReadOnlyList<ScalarSeries> training)
    {
        var filter = new ScalarFilter(system);
        double[] sum = new double[system.LatentSize], squares = new double[system.LatentSize];
        long count = 0;
        foreach (var series in training)
        {
            // The first steps tell of where the filter began.
            int from = Math.Min(_method.Seasons.DefaultIfEmpty(1).Max(), series.Length / 2);
            filter.Start();
            for (int t = 0; t < series.Length; t++)
            {
                if (t > 0)
                    filter.Move(series.ControlsOf(t));
                filter.Observe(series.Values[t]);
                if (t < from)
                    continue;
                count++;
                for (int i = 0; i < sum.Length; i++)
                {
                    sum[i] += filter.Mean[i];
                    squares[i] += filter.Mean[i] * filter.Mean[i] + filter.Covariance[i * (sum.Length + 1)];
                }
            }
        }
        int components = system.Components;
        return system with
        {
            InitialMean = [.. sum[..components].Select(s => s / count)],
            InitialVariance =
            [
                .. Enumerable.Range(0, components).Select(i => squares[i] / count - sum[i] / count * (sum[i] / count)),
                .. system.Pairs.Select((_, k) => 0.5 * (squares[components + 2 * k] + squares[components + 2 * k + 1]) / count),
            ],
        };
    }

    // Mean CRPS from origins at every half horizon, of one run of the filter through all of a series.
    private double Score(ScalarSystem system, IReadOnlyList<ScalarSeries> validation)
    {
        ScalarFilter filter = new(system), ahead = new(system);
        double sum = 0;
        long seen = 0;
        int most = (Looks + validation.Count - 1) / Math.Max(1, validation.Count);
        foreach (var series in validation.Where(s => s.Length > 1))
        {
            int horizon = Math.Min(_horizon, Math.Max(1, series.Length / 2)), last = series.Length - horizon;
            int first = Math.Clamp(2 * _method.Seasons.DefaultIfEmpty(1).Max(), 1, last);
            int stride = Math.Max(Math.Max(1, horizon / 2), (last - first) / most + 1);
            filter.Start();
            for (int t = 0; t <= last; t++)
            {
                // The filter stands at step t − 1.
                if (t >= first && (t - first) % stride == 0)
                {
                    ahead.CopyFrom(filter);
                    var forecast = ahead.Forecast(series, t, horizon);
                    for (int h = 0; h < horizon; h++)
                        if (!double.IsNaN(series.Values[t + h]))
                            (sum, seen) = (sum + Crps.OfGaussian(forecast[h].Mean, forecast[h].Deviation, series.Values[t + h]), seen + 1);
                }
                if (t > 0)
                    filter.Move(series.ControlsOf(t));
                filter.Observe(series.Values[t]);
            }
        }
        return seen == 0 ? double.PositiveInfinity : sum / seen;
    }
}
