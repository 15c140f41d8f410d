using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Tests.Scoring.Metrics;
using static Microsoft.ML.StateSpace.Tests.Oracles.LinearAlgebra;

namespace Microsoft.ML.StateSpace.Tests.Scoring.Backtesting;

[TestClass]
public class SeparateForecasterTests
{
    /// <summary>Means, quantiles and paths against the Kalman oracle of the systems side by side, in the data's units; also where a dimension
    /// is never observed, so that its forecast is the initial distribution run on.</summary>
    [TestMethod]
    public void ForecastsAreThoseOfTheKalmanOracle()
    {
        const int Horizon = 4, Paths = 4000;
        ScalarSystem[] systems = [ScalarCase.System(1), ScalarCase.System(1) with { Offset = -0.5, Decay = [0.7, 0.2], InitialMean = [1, 2] }];
        var scaling = new SequenceScaling(new ColumnScale([10, -3], [2, 0.5]), null, null);
        using var forecaster = new SeparateForecaster([.. systems.Select(s => new ScalarCandidate(s, null, 0))], new[,] { { 1, 0.6 }, { 0.6, 1 } },
            new ForecastQuestion(Horizon, [0.1, 0.9], Paths, 7), scaling);
        float[] values = [11, -3.5f, 9, float.NaN, float.NaN, float.NaN, 12, -2.5f, 8, -4, float.NaN, -3], one = [.. values.Select((v, i) => i % 2 == 0 ? v : float.NaN)];
        var inputs = new SequenceInputs(1, [.. Enumerable.Repeat(0.7f, 6 + Horizon)]);
        Sequence[] contexts = [new(2, values[..8], inputs: inputs), new(2, values, inputs: inputs), new(2, one, inputs: inputs)];
        var found = forecaster.Forecast(contexts);
        var oracle = ScalarCase.Oracle([0.7], systems);
        for (int i = 0; i < contexts.Length; i++)
        {
            var (mean, covariance) = Filtered(oracle, contexts[i]);
            double[,] moved = covariance;
            for (int h = 0; h < Horizon; h++)
            {
                (mean, covariance) = (Add(Multiply(oracle.Transition, mean), oracle.TransitionOffset), Add(Sandwich(oracle.Transition, covariance), oracle.TransitionCovariance));
                double[] x = Add(Multiply(oracle.Emission, mean), oracle.EmissionOffset);
                double[,] spread = Add(Sandwich(oracle.Emission, covariance), oracle.EmissionCovariance);
                for (int d = 0; d < 2; d++)
                {
                    int cell = 2 * h + d;
                    double unit = scaling.Observations!.Deviation[d], expected = x[d] * unit + scaling.Observations.Mean[d], deviation = unit * Math.Sqrt(spread[d, d]);
                    Assert.AreEqual(expected, found[i].Mean[cell], 1e-5);
                    Assert.AreEqual(expected - 1.2815515655446 * deviation, found[i].Quantiles[0][cell], 1e-5);
                    Assert.AreEqual(expected + 1.2815515655446 * deviation, found[i].Quantiles[1][cell], 1e-5);
                    double[] drawn = Column(found[i].Paths, 2 * Horizon, cell);
                    Assert.AreEqual(expected, drawn.Average(), 5 * deviation / Math.Sqrt(Paths));
                    Assert.AreEqual(1, drawn.Average(v => Math.Pow((v - expected) / deviation, 2)), 5 * Math.Sqrt(2.0 / Paths));
                }
                if (h == 0)
                    moved = covariance;
                else
                    AssertCorrelatesWithTheFirst(oracle, found[i].Paths, h, Power(oracle.Transition, h, moved), moved, spread);
            }
            // The errors of the first step are the paths' own.
            Assert.AreEqual(0.6, Correlation(Column(found[i].Paths, 2 * Horizon, 0), Column(found[i].Paths, 2 * Horizon, 1)), 5 / Math.Sqrt(Paths));
        }
    }

    [TestMethod]
    public void ErrorsOfTrainingGiveTheCorrelation()
    {
        var random = new Random(2);
        var system = ScalarCase.System();
        double[] values = ScalarCase.Draw(system, random, 400), gaps = [.. values.Select((v, t) => t % 3 == 0 ? double.NaN : v)], other = ScalarCase.Draw(system, random, 400);
        ScalarSeries[] training = [.. new[] { values, values, other, gaps, [.. values.Select(_ => double.NaN)] }.Select(v => new ScalarSeries(v, [], 0))];
        double[,] found = SeparateForecaster.Correlation([.. training.Select(_ => system)], [training]);
        Assert.AreEqual(1, found[0, 1], 1e-12);
        Assert.AreEqual(0, found[0, 2], 4 / Math.Sqrt(400));
        Assert.IsTrue(found[0, 3] is > 0.5 and < 1, "a third is not seen");
        Assert.AreEqual(0, found[0, 4], "nothing is known of it");
        Assert.AreEqual(1, found[4, 4]);
    }

    // Cov[x_{T+h}, x_{T+1}] = c A^{h−1} P c of a dimension.
    private static void AssertCorrelatesWithTheFirst(LinearGaussianSystem oracle, float[] paths, int h, double[,] cross, double[,] first, double[,] spread)
    {
        double[,] between = Multiply(oracle.Emission, Multiply(cross, Transpose(oracle.Emission)));
        double[,] before = Add(Sandwich(oracle.Emission, first), oracle.EmissionCovariance);
        for (int d = 0; d < 2; d++)
        {
            int size = 2 * (paths.Length / 2 / 4000);
            double found = Correlation(Column(paths, size, d), Column(paths, size, 2 * h + d));
            Assert.AreEqual(between[d, d] / Math.Sqrt(before[d, d] * spread[d, d]), found, 5 / Math.Sqrt(4000), $"step {h}");
        }
    }

    private static double[,] Power(double[,] transition, int power, double[,] start)
    {
        for (int i = 0; i < power; i++)
            start = Multiply(transition, start);
        return start;
    }

    private static (double[] Mean, double[,] Covariance) Filtered(LinearGaussianSystem oracle, Sequence context)
    {
        double[][] values = [.. Enumerable.Range(0, context.Length).Select(t => new[] { (context.Observations[2 * t] - 10.0) / 2, (context.Observations[2 * t + 1] + 3.0) / 0.5 })];
        bool[][] observed = [.. Enumerable.Range(0, context.Length).Select(t => new[] { context.IsObserved(t, 0), context.IsObserved(t, 1) })];
        var result = KalmanOracle.Run(oracle, values, observed);
        return (result.FilteredMeans[^1], result.FilteredCovariances[^1]);
    }

    private static double[] Column(float[] paths, int size, int cell) => [.. Enumerable.Range(0, paths.Length / size).Select(n => (double)paths[n * size + cell])];

    private static double Correlation(double[] x, double[] y)
    {
        double mx = x.Average(), my = y.Average();
        double Cov(double[] u, double mu, double[] v, double mv) => u.Zip(v, (p, q) => (p - mu) * (q - mv)).Average();
        return Cov(x, mx, y, my) / Math.Sqrt(Cov(x, mx, x, mx) * Cov(y, my, y, my));
    }
}
