using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Tests.Scoring.Metrics;

[TestClass]
public class ForecastScorerTests
{
    private const float Missing = float.NaN;

    private static readonly SeasonalScale s_unit = new([1, 1], [1, 1]);

    /// <summary>Two forecasts of two steps of two numbers, by hand.</summary>
    [TestMethod]
    public void FiguresByHand()
    {
        var scorer = new ForecastScorer(2, 2, new ForecastMetricOptions { Levels = [0.5] }, [0.25, 0.5, 0.75]);
        var scale = new SeasonalScale([2, 4], [5, 20]);
        float[] mean = [1, 2, 3, 4], low = [0, 1, 2, 3], high = [2, 3, 4, 5];
        var forecast = new ProbabilisticForecast(mean, [low, mean, high], []);
        var first = scorer.Add([1, Missing, 7, 4.5f], forecast, scale);
        scorer.Add([0, 0, Missing, 4], forecast, scale);
        Assert.AreEqual((0 + 4 + 0.5) / 3, first.AbsoluteError, 1e-12);
        var metrics = scorer.Result();
        Assert.AreEqual(2, metrics.Forecasts);
        Assert.AreEqual((2, 2), (metrics.Horizon, metrics.ObservationSize));

        var all = metrics.Overall;
        Assert.AreEqual((6L, 2L, 6L), (all.Count, all.Missing, all.ScaledCount));
        // Errors: 0, 4, ½ | 1, 2, 0.
        Assert.AreEqual(7.5 / 6, all.MeanAbsoluteError, 1e-12);
        Assert.AreEqual(Math.Sqrt((16 + 0.25 + 1 + 4) / 6), all.RootMeanSquaredError, 1e-12);
        Assert.AreEqual((4 / 2.0 + 0.5 / 4 + 1 / 2.0 + 2 / 4.0) / 6, all.Mase, 1e-12);
        Assert.AreEqual(Math.Sqrt((16 / 5.0 + 0.25 / 20 + 1 / 5.0 + 4 / 20.0) / 6), all.Rmsse, 1e-12);
        // In [0, 2], [2, 4], [3, 5], [0, 2], [1, 3], [3, 5]: all but 7 and the second 0.
        Assert.AreEqual(4.0 / 6, all.Intervals[0].Coverage, 1e-12);
        Assert.AreEqual((2 * 6 + 4 * 3 + 4 * 1) / 6.0, all.Intervals[0].Score, 1e-12);
        Assert.AreEqual(2, all.Intervals[0].Width, 1e-12);
        Assert.AreEqual(all.MeanAbsoluteError / 2, all.Quantiles[1].Loss, 1e-12, "the median is the mean here");

        Assert.AreEqual((1 + 0) / 2.0, metrics.At(1, 0).MeanAbsoluteError, 1e-12);
        Assert.AreEqual((0 + 1 + 2) / 3.0, metrics.ByStep[0].MeanAbsoluteError, 1e-12);
        Assert.AreEqual((0 + 1 + 4) / 3.0, metrics.ByDimension[0].MeanAbsoluteError, 1e-12);
        Assert.AreEqual((1L, 1L), (metrics.At(2, 0).Count, metrics.At(2, 0).Missing));
        double crps = new[] { (1, 0), (7, 2), (4.5, 3), (0, 0), (0, 1), (4.0, 3) }.Average(c => Crps.OfQuantiles([0.25, 0.5, 0.75], [c.Item2, c.Item2 + 1, c.Item2 + 2], c.Item1));
        Assert.AreEqual(crps, all.Crps, 1e-12);
        Assert.AreEqual(double.NaN, all.EnergyScore, "no samples");
        Assert.AreEqual(0, all.Pit.Sum());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => metrics.At(3, 0));
    }

    [TestMethod]
    public void PathsGiveCrpsEnergyAndQuantiles()
    {
        var random = new Random(4);
        var scorer = new ForecastScorer(2, 2, new ForecastMetricOptions { Levels = [0.8] }, [0.5]);
        float[] paths = [.. random.Normals(50 * 4).Select(v => (float)v)], truth = [0.3f, Missing, -0.2f, 2];
        scorer.Add(truth, new ProbabilisticForecast([0, 0, 0, 0], [], paths), s_unit);
        double[] Cell(int cell) => [.. Enumerable.Range(0, 50).Select(n => (double)paths[n * 4 + cell]).Order()];
        var metrics = scorer.Result();
        foreach (int cell in new[] { 0, 2, 3 })
        {
            var figures = metrics.At(cell / 2 + 1, cell % 2);
            Assert.AreEqual(Crps.OfSorted(Cell(cell), truth[cell]), figures.Crps, 1e-12);
            Assert.AreEqual(QuantileLoss.Of(SampleQuantile.OfSorted(Cell(cell), 0.5), truth[cell], 0.5), figures.QuantileLoss, 1e-12);
            Assert.AreEqual(SampleQuantile.OfSorted(Cell(cell), 0.9) - SampleQuantile.OfSorted(Cell(cell), 0.1), figures.Intervals[0].Width, 1e-12);
            Assert.AreEqual(1, figures.Pit.Sum());
        }
        Assert.AreEqual(metrics.At(1, 0).Crps, metrics.ByStep[0].EnergyScore, 1e-6, "one number is seen");
        float[] second = [.. Enumerable.Range(0, 50).SelectMany(n => new[] { paths[n * 4 + 2], paths[n * 4 + 3] })];
        Assert.AreEqual(EnergyScore.OfSamples(second, truth.AsSpan(2, 2)), metrics.ByStep[1].EnergyScore, 1e-12);
        Assert.AreEqual((metrics.ByStep[0].EnergyScore + metrics.ByStep[1].EnergyScore) / 2, metrics.Overall.EnergyScore, 1e-12);
        Assert.AreEqual(EnergyScore.OfSamples(paths, truth), metrics.Overall.PathEnergyScore, 1e-12);
        Assert.AreEqual(double.NaN, metrics.At(1, 1).Crps, "nothing was observed");
    }

    /// <summary>N(0, 1) forecasts of N(0, 1) truths: known means, coverage as promised, a flat PIT.</summary>
    [TestMethod]
    public void CalibratedForecastsAreFoundCalibrated()
    {
        const int Forecasts = 8000;
        var random = new Random(11);
        var scorer = new ForecastScorer(1, 1, new ForecastMetricOptions { Fair = true }, [0.1, 0.9]);
        for (int i = 0; i < Forecasts; i++)
            scorer.Add([(float)random.Normal()], new ProbabilisticForecast([0], [], [.. random.Normals(100).Select(v => (float)v)]), new SeasonalScale([1], [1]));
        var all = scorer.Result().Overall;
        Assert.AreEqual(1 / Math.Sqrt(Math.PI), all.Crps, 0.02);
        Assert.AreEqual(all.Crps, all.EnergyScore, 1e-9);
        Assert.AreEqual(0.8, all.Intervals[0].Coverage, 5 * Math.Sqrt(0.16 / Forecasts));
        Assert.AreEqual(0.95, all.Intervals[1].Coverage, 5 * Math.Sqrt(0.95 * 0.05 / Forecasts));
        Assert.AreEqual(0.1, all.Quantiles[0].Below, 5 * Math.Sqrt(0.09 / Forecasts));
        Assert.AreEqual(Math.Sqrt(2 / Math.PI), all.MeanAbsoluteError, 0.03);
        Assert.AreEqual(1, all.RootMeanSquaredError, 0.04);
        Draws.AssertUniform(all.Pit);
    }

    [TestMethod]
    public void WhatHasNoScaleOrNoEndsCountsInNothingElse()
    {
        var scorer = new ForecastScorer(1, 2, new ForecastMetricOptions(), [0.5]);
        scorer.Add([1, 2], new ProbabilisticForecast([0, 0], [[0, 0]], []), new SeasonalScale([0, double.NaN], [0, double.NaN]));
        var all = scorer.Result().Overall;
        Assert.AreEqual((2L, 0L), (all.Count, all.ScaledCount));
        Assert.AreEqual(double.NaN, all.Mase);
        Assert.AreEqual(1.5, all.MeanAbsoluteError);
        Assert.AreEqual(double.NaN, all.Intervals[0].Coverage, "its ends are no quantiles that were given");
        Assert.AreEqual(double.NaN, all.Intervals[0].Score);
    }

    [TestMethod]
    public void AForecastThatIsNotFiniteIsNamed()
    {
        var scorer = new ForecastScorer(2, 2, new ForecastMetricOptions(), []);
        var bad = new ProbabilisticForecast([0, 0, 0, Missing], [], []);
        scorer.Add([1, 2, 3, Missing], bad, s_unit);
        var error = Assert.ThrowsExactly<ArithmeticException>(() => scorer.Add([1, 2, 3, 4], bad, s_unit));
        StringAssert.Contains(error.Message, "2 steps ahead, dimension 1");
    }

    [TestMethod]
    public void OptionsAreNamed()
    {
        string faults = string.Join(" ", new ForecastMetricOptions { Levels = [0.8, 0.8, 1], Season = 0, PitBins = 0, EnergyPaths = 1 }.Validate());
        foreach (string name in new[] { "Levels holds 1;", "Levels holds 0.8 more than once", "Season is 0", "PitBins is 0", "EnergyPaths is 1" })
            StringAssert.Contains(faults, name);
        Assert.IsFalse(new ForecastMetricOptions().Validate().Any());
    }
}
