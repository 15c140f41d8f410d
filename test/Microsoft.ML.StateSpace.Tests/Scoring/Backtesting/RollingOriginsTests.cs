using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Backtesting;

namespace Microsoft.ML.StateSpace.Tests.Scoring.Backtesting;

[TestClass]
public class RollingOriginsTests
{
    [TestMethod]
    [DataRow(20, 3, null, null, 5, "5,8,11,14,17", DisplayName = "stride is the horizon")]
    [DataRow(20, 3, 2, 3, null, "13,15,17", DisplayName = "the last ones, by the end")]
    [DataRow(20, 3, 5, null, null, "2,7,12,17", DisplayName = "ten would be too many")]
    [DataRow(20, 3, 5, 2, 4, "4,9", DisplayName = "the first ones from a first origin")]
    [DataRow(20, 3, 1, null, 18, "", DisplayName = "too short")]
    [DataRow(4, 3, null, null, null, "1", DisplayName = "just long enough")]
    [DataRow(3, 3, null, null, null, "", DisplayName = "nothing would be known")]
    public void OriginsAreAsAsked(int length, int horizon, int? stride, int? origins, int? first, string expected)
    {
        int[] found = RollingOrigins.Of(length, new BacktestOptions { Horizon = horizon, Stride = stride, Origins = origins, FirstOrigin = first });
        Assert.AreEqual(expected, string.Join(",", found));
    }

    [TestMethod]
    public void TrainingEndsBeforeTheOrigin()
    {
        Sequence[] sequences = [Count(10), Count(30)];
        var options = new BacktestOptions { Horizon = 4, FirstOrigin = 5, Stride = 8 };
        var origins = RollingOrigins.Of(sequences, options);
        Assert.AreEqual("0:5 1:5 1:13 1:21", string.Join(" ", origins.Select(o => $"{o.Sequence}:{o.Known}")));
        var training = new BacktestTraining(sequences, null, null, 0.4);
        foreach (var (number, first, second) in new[] { (0, 5, 5), (1, 5, 13), (2, 5, 21) })
        {
            var before = training.Before(origins, number);
            Assert.AreEqual($"{first - first * 4 / 10},{second - second * 4 / 10}", string.Join(",", before.Training.Select(s => s.Length)));
            Assert.AreEqual($"{first * 4 / 10},{second * 4 / 10}", string.Join(",", before.Validation.Select(s => s.Length)));
            Assert.AreEqual(second - 1f, before.Validation[1].Observations[^1], "the last value before the origin");
        }
        var given = new BacktestTraining(sequences, [Count(7)], [Count(3)], 0.4).Before(origins, 0);
        Assert.AreEqual((7, 3), (given.Training.Single().Length, given.Validation.Single().Length));
    }

    [TestMethod]
    public void OptionsAreNamed()
    {
        var options = new BacktestOptions
        {
            Horizon = 0, FirstOrigin = 0, Stride = 0, Origins = 0, MaxContext = 0, RefitEvery = 0, TrainingWindow = 0, Paths = -1, Quantiles = [0.5, 1], ValidationFraction = 1, Seasons = [1],
            TrainingSet = new MLContext().Data.LoadFromEnumerable(new[] { new OriginScore() }),
            Baselines = [new NaiveMethod(), new NaiveMethod(), new SeasonalNaiveMethod { Season = 0 }, new LinearGaussianMethod { Seasons = [1], Harmonics = 0, LatentSizes = [0], Iterations = 0, IterationsPerLook = 0, WindowLength = 1 }],
        };
        string faults = string.Join(" ", options.Validate());
        foreach (string name in new[]
        {
            "Horizon is 0", "FirstOrigin is 0", "Stride is 0", "Origins is 0", "MaxContext is 0", "RefitEvery is 0", "TrainingWindow is 0", "Paths is -1", "Quantiles holds 1", "ValidationFraction is 1",
            "Seasons holds 1", "RefitEvery is set beside a TrainingSet", "Baselines holds 'naive' more than once", "'seasonal-naive': Season is 0", "'linear-gaussian': Seasons holds 1",
            "Harmonics is 0", "LatentSizes holds 0", "Iterations is 0", "IterationsPerLook is 0", "WindowLength is 1",
        })
            StringAssert.Contains(faults, name);
        Assert.AreEqual("", string.Join(" ", new BacktestOptions { Seasons = [24, 168] }.Validate()));
        CollectionAssert.AreEqual(new[] { "naive", "seasonal-naive", "linear-gaussian" }, BacktestOptions.StandardBaselines([24]).Select(m => m.Name).ToArray());
        CollectionAssert.AreEqual(new[] { "naive", "linear-gaussian" }, BacktestOptions.StandardBaselines([]).Select(m => m.Name).ToArray());
    }

    private static Sequence Count(int length) => new(1, [.. Enumerable.Range(0, length).Select(t => (float)t)]);
}
