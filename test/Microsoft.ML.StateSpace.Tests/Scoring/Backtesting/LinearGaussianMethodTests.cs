using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using Microsoft.ML.StateSpace.Tests.LinearGaussian;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Tests.Scoring.Metrics;
using TorchSharp;
using static Microsoft.ML.StateSpace.Tests.Oracles.LinearAlgebra;
using static TorchSharp.torch;
using OracleSystem = Microsoft.ML.StateSpace.Tests.Oracles.LinearGaussianSystem;

namespace Microsoft.ML.StateSpace.Tests.Scoring.Backtesting;

[TestClass]
public class LinearGaussianMethodTests
{
    private const int Season = 12;

    /// <summary>Means, quantiles and paths against the Kalman oracle, with missing values, in the data's units.</summary>
    [TestMethod]
    public void ForecastsAreThoseOfTheKalmanOracle()
    {
        const int Horizon = 3, Paths = 4000;
        using var scope = NewDisposeScope();
        var system = new SeasonalSystem(1, [1 / 5.0]);
        var oracle = Oracle(system);
        var scaling = new SequenceScaling(new ColumnScale([10, -3], [2, 0.5]), null, null);
        using var forecaster = new SeasonalForecaster(system, Parameters(oracle).Detached(), new ForecastQuestion(Horizon, [0.1, 0.9], Paths, 7), scaling, 0);
        float[] values = [11, -3.5f, 9, float.NaN, float.NaN, float.NaN, 12, -2.5f, 8, -4, float.NaN, -3];
        Sequence[] contexts = [new(2, values[..8]), new(2, values), new(2, values[..2])];
        var found = forecaster.Forecast(contexts);
        for (int i = 0; i < contexts.Length; i++)
        {
            var (mean, covariance) = Filtered(oracle, contexts[i]);
            for (int h = 0; h < Horizon; h++)
            {
                (mean, covariance) = (Multiply(oracle.Transition, mean), Add(Sandwich(oracle.Transition, covariance), oracle.TransitionCovariance));
                double[] x = Add(Multiply(oracle.Emission, mean), oracle.EmissionOffset);
                double[,] spread = Add(Sandwich(oracle.Emission, covariance), oracle.EmissionCovariance);
                for (int d = 0; d < 2; d++)
                {
                    int cell = 2 * h + d;
                    double unit = scaling.Observations!.Deviation[d], expected = x[d] * unit + scaling.Observations.Mean[d], deviation = unit * Math.Sqrt(spread[d, d]);
                    Assert.AreEqual(expected, found[i].Mean[cell], 1e-5);
                    Assert.AreEqual(expected - 1.2815515655446 * deviation, found[i].Quantiles[0][cell], 1e-5);
                    Assert.AreEqual(expected + 1.2815515655446 * deviation, found[i].Quantiles[1][cell], 1e-5);
                    double[] drawn = [.. Enumerable.Range(0, Paths).Select(n => (double)found[i].Paths[n * 2 * Horizon + cell])];
                    Assert.AreEqual(expected, drawn.Average(), 5 * deviation / Math.Sqrt(Paths));
                    Assert.AreEqual(1, drawn.Average(v => Math.Pow((v - expected) / deviation, 2)), 5 * Math.Sqrt(2.0 / Paths));
                }
                Assert.AreEqual(spread[0, 1] / Math.Sqrt(spread[0, 0] * spread[1, 1]), Correlation(found[i].Paths, 2 * Horizon, 2 * h, 2 * h + 1), 5 / Math.Sqrt(Paths));
            }
        }
    }

    /// <summary>Data of the model's own kind: forecasts come near the best there can be, which the true system makes, and beat the season before.</summary>
    [TestMethod]
    public void ASeasonWithDependentNoiseIsForecastNearlyAsByTheTruth()
    {
        Sequence[] data = [Seasonal(new Random(4), 1400)];
        var options = new BacktestOptions { Horizon = 12, FirstOrigin = 900, Paths = 100, Stride = 6, MaxContext = 200, Metrics = new ForecastMetricOptions { Fair = true } };
        var method = new LinearGaussianMethod { Seasons = [Season], Harmonics = 2, LatentSizes = [1, 3], Iterations = 20, IterationsPerLook = 5, WindowLength = 150 };
        var result = new Backtester(data, null, null, options).Run([method, new SeasonalNaiveMethod { Season = Season }, new TrueMethod()]);
        double found = result[method.Name].Metrics.Overall.Crps, best = result["truth"].Metrics.Overall.Crps;
        Assert.AreEqual(best, found, 0.06 * best);
        Assert.IsLessThan(0.85 * result["seasonal-naive"].Metrics.Overall.Crps, found);
        Assert.AreEqual(0.8, result[method.Name].Metrics.Overall.Intervals[0].Coverage, 0.07);
        StringAssert.Contains(result[method.Name].Description, "harmonics 2");
    }

    [TestMethod]
    public void ControlsDriveForecasts()
    {
        var random = new Random(8);
        float[] controls = [.. random.Normals(500).Select(v => (float)(3 + 2 * v))], values = new float[500];
        double state = 0;
        for (int t = 0; t < values.Length; t++)
            values[t] = (float)(100 + 10 * (state = 0.7 * state + controls[t] + 0.1 * random.Normal()));
        Sequence[] data = [new(1, values, inputs: new SequenceInputs(1, controls))];
        var options = new BacktestOptions { Horizon = 4, FirstOrigin = 400, Paths = 50 };
        var method = new LinearGaussianMethod { LatentSizes = [1], Iterations = 60, WindowLength = 100 };
        var figures = new Backtester(data, null, null, options).Run([method]).Methods[0].Metrics.Overall;
        // The noise that is left has a deviation of 10 · 0.1 · √(1 + 0.7² + …) ≤ 1.4; without controls it would be 20 and more.
        Assert.IsLessThan(1.5, figures.RootMeanSquaredError);
        Assert.IsGreaterThan(0.6, figures.Intervals[0].Coverage);
    }

    [TestMethod]
    public void ShortAndGappyDataDo()
    {
        var random = new Random(5);
        Sequence[] data = [.. Enumerable.Range(0, 6).Select(i => new Sequence(2, [.. random.Normals(24 + 2 * i).Select((v, k) => k % 5 == 0 ? float.NaN : (float)v)]))];
        var options = new BacktestOptions { Horizon = 2, Origins = 1, Paths = 20, Seasons = [4] };
        var result = new Backtester(data, null, null, options).Run([new LinearGaussianMethod { Seasons = [4], Iterations = 3 }]);
        Assert.IsTrue(double.IsFinite(result.Methods[0].Metrics.Overall.Crps));
        Assert.IsGreaterThan(0, result.Methods[0].Metrics.Overall.Missing);
        var tiny = new ForecastTraining([new Sequence(1, [1f])], []);
        Assert.ThrowsExactly<InvalidOperationException>(() => new LinearGaussianMethod().Fit(tiny, new ForecastQuestion(1, [], 1, 1), default));
    }

    // The state is an autoregression and one harmonic of constant amplitude; its phase is that of the step's number.
    private static Sequence Seasonal(Random random, int steps)
    {
        var values = new float[steps];
        double state = 0;
        for (int t = 0; t < steps; t++)
        {
            state = 0.8 * state + 0.6 * random.Normal();
            values[t] = (float)(50 + 5 * (state + 2 * Math.Cos(2 * Math.PI * t / Season) + 0.3 * random.Normal()));
        }
        return new Sequence(1, values);
    }

    /// <summary>The forecasts of one who knows the system and the season.</summary>
    private sealed class TrueMethod : IForecastMethod, IForecaster
    {
        private int _horizon;
        private int _paths;

        public string Name => "truth";

        public IForecaster Fit(ForecastTraining training, ForecastQuestion question, CancellationToken cancellation)
        {
            (_horizon, _paths) = (question.Horizon, question.Paths);
            return this;
        }

        public IReadOnlyList<ProbabilisticForecast> Forecast(IReadOnlyList<Sequence> contexts) => [.. contexts.Select(One)];

        public void Dispose()
        {
        }

        private ProbabilisticForecast One(Sequence context)
        {
            double SeasonAt(int t) => 2 * Math.Cos(2 * Math.PI * context.Inputs.StepNumber(t) / Season);
            double mean = 0, variance = 1;
            for (int t = 0; t < context.Length; t++)
            {
                double gain = variance / (variance + 0.09);
                mean += gain * ((context.Observations[t] - 50) / 5 - SeasonAt(t) - mean);
                variance *= 1 - gain;
                (mean, variance) = (0.8 * mean, 0.64 * variance + 0.36);
            }
            var random = new Random(context.Length + context.Inputs.StepNumber(0));
            var (means, paths) = (new float[_horizon], new float[_horizon * _paths]);
            for (int h = 0; h < _horizon; h++)
            {
                means[h] = (float)(50 + 5 * (mean + SeasonAt(context.Length + h)));
                for (int n = 0; n < _paths; n++)
                    paths[n * _horizon + h] = (float)(means[h] + 5 * Math.Sqrt(variance + 0.09) * random.Normal());
                (mean, variance) = (0.8 * mean, 0.64 * variance + 0.36);
            }
            return new ProbabilisticForecast(means, [], paths);
        }
    }

    private static OracleSystem Oracle(SeasonalSystem system)
    {
        double[,] transition = new double[3, 3], noise = new double[3, 3];
        transition[0, 0] = 0.7;
        double[] rotation = system.Rotation().data<double>().ToArray();
        for (int i = 0; i < 4; i++)
            transition[1 + i / 2, 1 + i % 2] = rotation[i];
        (noise[0, 0], noise[1, 1], noise[2, 2]) = (0.4, 0.01, 0.01);
        return new OracleSystem
        {
            InitialMean = [0.2, 0, 0],
            InitialCovariance = new[,] { { 1.2, 0, 0 }, { 0, 0.5, 0 }, { 0, 0, 0.5 } },
            Transition = transition,
            TransitionOffset = [0, 0, 0],
            TransitionCovariance = noise,
            Emission = new[,] { { 1.0, 0.8, 0.1 }, { -0.5, 0.3, 0.6 } },
            EmissionOffset = [0.1, -0.2],
            EmissionCovariance = new[,] { { 0.2, 0 }, { 0, 0.3 } },
        };
    }

    private static LinearGaussianParameters Parameters(OracleSystem o) => new(tensor(o.InitialMean), OracleCase.Matrix(o.InitialCovariance), OracleCase.Matrix(o.Transition),
        tensor(o.TransitionOffset), OracleCase.Matrix(o.TransitionCovariance), OracleCase.Matrix(o.Emission), tensor(o.EmissionOffset),
        tensor(new[] { o.EmissionCovariance[0, 0], o.EmissionCovariance[1, 1] }));

    // The last filtered state, of standardised values.
    private static (double[] Mean, double[,] Covariance) Filtered(OracleSystem oracle, Sequence context)
    {
        double[][] values = [.. Enumerable.Range(0, context.Length).Select(t => new[] { (context.Observations[2 * t] - 10.0) / 2, (context.Observations[2 * t + 1] + 3.0) / 0.5 })];
        bool[][] observed = [.. Enumerable.Range(0, context.Length).Select(t => new[] { context.IsObserved(t, 0), context.IsObserved(t, 1) })];
        var result = KalmanOracle.Run(oracle, values, observed);
        return (result.FilteredMeans[^1], result.FilteredCovariances[^1]);
    }

    private static double Correlation(float[] paths, int size, int a, int b)
    {
        int count = paths.Length / size;
        double[] x = [.. Enumerable.Range(0, count).Select(n => (double)paths[n * size + a])], y = [.. Enumerable.Range(0, count).Select(n => (double)paths[n * size + b])];
        double mx = x.Average(), my = y.Average();
        double Cov(double[] u, double mu, double[] v, double mv) => u.Zip(v, (p, q) => (p - mu) * (q - mv)).Average();
        return Cov(x, mx, y, my) / Math.Sqrt(Cov(x, mx, x, mx) * Cov(y, my, y, my));
    }
}
