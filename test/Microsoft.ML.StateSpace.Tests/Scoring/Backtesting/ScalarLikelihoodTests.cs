using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Tests.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Tests.Scoring.Backtesting;

[TestClass]
public class ScalarLikelihoodTests
{
    [TestMethod]
    [DataRow(0.0, 0)]
    [DataRow(0.3, 0)]
    [DataRow(0.3, 2)]
    public void FilterAndLikelihoodAreThoseOfTheKalmanOracle(double missing, int controls)
    {
        double[] driven = [.. Enumerable.Range(0, controls).Select(i => 1.5 - i)];
        var system = ScalarCase.System(controls);
        double[] values = ScalarCase.Draw(system, new Random(3), 60, missing);
        var series = new ScalarSeries(values, [.. Enumerable.Repeat(driven, 60).SelectMany(u => u)], controls);
        var expected = KalmanOracle.Run(ScalarCase.Oracle(driven, system), [.. values.Select(v => new[] { v })], [.. values.Select(v => new[] { !double.IsNaN(v) })]);

        var likelihood = new ScalarLikelihood(system);
        likelihood.Add(series);
        Assert.AreEqual(expected.LogLikelihood, likelihood.Value, 1e-9);
        var filter = new ScalarFilter(system);
        filter.Run(series);
        for (int i = 0; i < system.LatentSize; i++)
        {
            Assert.AreEqual(expected.FilteredMeans[^1][i], filter.Mean[i], 1e-10);
            for (int j = 0; j < system.LatentSize; j++)
                Assert.AreEqual(expected.FilteredCovariances[^1][i, j], filter.Covariance[i * system.LatentSize + j], 1e-10);
        }
    }

    /// <summary>Of every number in the search's own coordinates, two series together, one of them with a group that stays.</summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(2)]
    public void TheGradientIsThatOfFiniteDifferences(int controls)
    {
        var random = new Random(4);
        var system = ScalarCase.System(controls);
        ScalarSeries[] series = [.. new[] { 40, 25 }.Select(steps => new ScalarSeries(ScalarCase.Draw(system, random, steps, 0.2), random.Normals(controls * steps), controls))];
        foreach (int[] groups in new int[][] { [0, 0], [0, 1], [0, -1] })
        {
            var parameters = new ScalarParameters(system, groups);
            double[] at = parameters.Start();
            Assert.HasCount(4 + 2 * controls + groups.Max() + 1 + 2, at);
            var (_, gradient) = parameters.Loss(at, series, 7);
            for (int i = 0; i < at.Length; i++)
            {
                const double H = 1e-5;
                double[] up = [.. at], down = [.. at];
                (up[i], down[i]) = (at[i] + H, at[i] - H);
                double expected = (parameters.Loss(up, series, 7).Value - parameters.Loss(down, series, 7).Value) / (2 * H);
                Assert.AreEqual(expected, gradient[i], 1e-7 * (1 + Math.Abs(expected)), $"number {i}");
            }
        }
    }

    [TestMethod]
    public void NumbersWithoutBoundsAreTheSystem()
    {
        var system = ScalarCase.System(1);
        var parameters = new ScalarParameters(system, [0, 1]);
        var again = parameters.System(parameters.Start());
        foreach (var (expected, found) in new[]
        {
            (system.Decay, again.Decay), (system.Noise, again.Noise), (system.Control, again.Control), (system.SeasonalNoise, again.SeasonalNoise),
            ([system.Variance, system.Offset], [again.Variance, again.Offset]),
        })
            for (int i = 0; i < expected.Length; i++)
                Assert.AreEqual(expected[i], found[i], 1e-12);
    }

    [TestMethod]
    public void TheSearchEndsAtTheLeast()
    {
        // Rosenbrock's valley.
        var search = new QuasiNewton(p => (100 * Math.Pow(p[1] - p[0] * p[0], 2) + Math.Pow(1 - p[0], 2),
            [-400 * p[0] * (p[1] - p[0] * p[0]) - 2 * (1 - p[0]), 200 * (p[1] - p[0] * p[0])]));
        double[][] path = [.. search.Path([-1.2, 1], 100)];
        Assert.AreEqual(-1.2, path[0][0]);
        Assert.AreEqual(1, path[^1][0], 1e-2);
        Assert.AreEqual(1, path[^1][1], 2e-2);
        Assert.IsLessThan(100, path.Length);
        // Where nothing can be lowered it stays.
        Assert.HasCount(1, new QuasiNewton(_ => (double.NaN, [1.0])).Path([3], 5).ToArray());
    }
}
