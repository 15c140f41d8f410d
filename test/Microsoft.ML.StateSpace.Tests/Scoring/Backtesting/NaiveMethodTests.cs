using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using Microsoft.ML.StateSpace.Tests.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Tests.Scoring.Backtesting;

/// <summary>The two naive methods, on data whose best forecast they are.</summary>
[TestClass]
public class NaiveMethodTests
{
    private const float Missing = float.NaN;

    private static readonly ForecastQuestion s_question = new(4, [0.1, 0.5, 0.9], 500, 3);

    /// <summary>The error of a random walk's forecast h steps ahead has variance h σ².</summary>
    [TestMethod]
    public void ARandomWalkIsForecastAsOne()
    {
        var random = new Random(1);
        using var forecaster = new NaiveMethod().Fit(new([Walk(random, 4000)], []), s_question, default);
        var found = forecaster.Forecast([new Sequence(2, [9, 9, 5, -1, Missing, 3])])[0];
        CollectionAssert.AreEqual(Enumerable.Repeat(new[] { 5f, 3 }, 4).SelectMany(x => x).ToArray(), found.Mean, "the last observed value of each dimension");
        for (int cell = 0; cell < 8; cell++)
        {
            double[] drawn = [.. Enumerable.Range(0, 500).Select(n => (double)found.Paths[n * 8 + cell])];
            double steps = cell / 2 + 1, variance = drawn.Average(x => Math.Pow(x - found.Mean[cell], 2));
            Assert.AreEqual(0, drawn.Average() - found.Mean[cell], 5 * Math.Sqrt(steps / 500));
            Assert.AreEqual(steps, variance, 5 * steps * Math.Sqrt(2.0 / 500));
            Assert.AreEqual(1.2816 * Math.Sqrt(steps), found.Quantiles[2][cell] - found.Mean[cell], 0.2 * Math.Sqrt(steps));
        }
        // Both dimensions' steps are drawn together: they rise and fall alike.
        double together = Enumerable.Range(0, 500).Average(n => (found.Paths[n * 8] - 5.0) * (found.Paths[n * 8 + 1] - 3.0));
        Assert.AreEqual(0.8, together, 0.25);
    }

    [TestMethod]
    public void TheSamePathsComeForTheSameSeedAndKey()
    {
        var training = new ForecastTraining([Walk(new Random(1), 100)], []);
        Sequence context = new(2, [1, 2]);
        float[] Paths(int seed, ulong key)
        {
            using var forecaster = new NaiveMethod().Fit(training, s_question with { Seed = seed }, default);
            return forecaster.Forecast([context.WithNoiseKey(key)])[0].Paths;
        }
        CollectionAssert.AreEqual(Paths(1, 5), Paths(1, 5));
        CollectionAssert.AreNotEqual(Paths(1, 5), Paths(1, 6));
        CollectionAssert.AreNotEqual(Paths(1, 5), Paths(2, 5));
    }

    [TestMethod]
    public void TheSeasonBeforeIsForecastAndMissingValuesComeFromEarlierOnes()
    {
        var training = new ForecastTraining([Seasonal(new Random(1), 400, 0)], []);
        using var forecaster = new SeasonalNaiveMethod { Season = 3 }.Fit(training, s_question with { Horizon = 5 }, default);
        float[] Mean(params float[] values) => forecaster.Forecast([new Sequence(1, [.. values])])[0].Mean;
        CollectionAssert.AreEqual(new[] { 2f, 3, 4, 2, 3 }, Mean(0, 1, 2, 3, 4));
        CollectionAssert.AreEqual(new[] { 2f, 0, 4, 2, 0 }, Mean(9, 0, 1, 2, Missing, 4), "two seasons before");
        CollectionAssert.AreEqual(new[] { 8f, 7, 8, 8, 7 }, Mean(Missing, 7, 8), "the last value where a season was never seen");
    }

    /// <summary>A season that repeats but for independent noise: an error is the difference of two noises, in every season to come, so that
    /// seasonal-naive is calibrated and its MASE is 1.</summary>
    [TestMethod]
    public void SeasonalNaiveIsCalibratedOnASeasonWithNoise()
    {
        var random = new Random(2);
        Sequence[] data = [.. Enumerable.Range(0, 60).Select(_ => Seasonal(random, 300, 1))];
        var options = new BacktestOptions
        {
            Horizon = 7, FirstOrigin = 200, Stride = 7, Paths = 100,
            Metrics = new ForecastMetricOptions { Season = 3 },
        };
        var backtest = new Backtester(data, null, null, options).Run([new SeasonalNaiveMethod { Season = 3 }, new NaiveMethod()]);
        var figures = backtest["seasonal-naive"].Metrics.Overall;
        Assert.AreEqual(60 * 14 * 7, figures.Count);
        Assert.AreEqual(1, figures.Mase, 0.05);
        Assert.AreEqual(1, figures.Rmsse, 0.05);
        Assert.AreEqual(Math.Sqrt(2) / Math.Sqrt(Math.PI), figures.Crps, 0.05, "that of N(0, 2)");
        Assert.AreEqual(0.8, figures.Intervals[0].Coverage, 0.03);
        Assert.AreEqual(0.95, figures.Intervals[1].Coverage, 0.015);
        Assert.IsGreaterThan(1.5 * figures.Crps, backtest["naive"].Metrics.Overall.Crps, "which knows no season");
        Assert.AreEqual((60, 0, 60 * 14), (backtest.Sequences, backtest.Skipped, backtest.Forecasts));
    }

    [TestMethod]
    public void TooLittleToLearnFromIsSaid()
    {
        var few = new ForecastTraining([new Sequence(1, [1, 2, 3])], []);
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => new SeasonalNaiveMethod { Season = 3 }.Fit(few, s_question, default));
        StringAssert.Contains(error.Message, "needs a training sequence of 7 steps, a season and a horizon; the longest has 3");
        var gaps = new ForecastTraining([new Sequence(2, [1, 1, 2, Missing, 3, 1, 4, Missing, 5, 1])], []);
        error = Assert.ThrowsExactly<InvalidOperationException>(() => new NaiveMethod().Fit(gaps, s_question, default));
        StringAssert.Contains(error.Message, "never observe dimension 1 at two steps in a row");
    }

    // Correlation 0.8 between the steps of two dimensions.
    private static Sequence Walk(Random random, int steps)
    {
        var values = new float[2 * steps];
        for (int t = 1; t < steps; t++)
        {
            double first = random.Normal();
            values[2 * t] = values[2 * t - 2] + (float)first;
            values[2 * t + 1] = values[2 * t - 1] + (float)(0.8 * first + 0.6 * random.Normal());
        }
        return new Sequence(2, values);
    }

    private static Sequence Seasonal(Random random, int steps, double noise) =>
        new(1, [.. Enumerable.Range(0, steps).Select(t => (float)(new[] { -5, 0, 5 }[t % 3] + noise * random.Normal()))]);
}
