using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Tests.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Tests.Scoring.Backtesting;

/// <summary>What is chosen of the linear-Gaussian systems.</summary>
[TestClass]
public class ScalarFitTests
{
    private static readonly LinearGaussianMethod s_method = new() { Seasons = [6], Harmonics = 2, LatentSizes = [3], WindowLength = 120 };

    /// <summary>With nothing to choose by the search ends at a likelihood above that of the truth.</summary>
    [TestMethod]
    public void TheLikelihoodIsMaximised()
    {
        var truth = Lasting();
        var fit = new ScalarFit(s_method, 4, default);
        ScalarSeries[] training = [new(ScalarCase.Draw(truth, new Random(11), 1500, 0.1), [], 0)];
        var found = fit.Run(training, []);
        Assert.IsNull(found.Returning);
        Assert.IsTrue(double.IsInfinity(found.Score));
        Assert.IsGreaterThan(Likelihood(truth with { InitialVariance = found.System.InitialVariance, InitialMean = found.System.InitialMean }, training), Likelihood(found.System, training));
        Assert.AreEqual(truth.Decay[0], found.System.Decay[0], 0.03);
        Assert.AreEqual(truth.Variance + truth.Noise[1], found.System.Variance + found.System.Noise[1], 0.1);
    }

    /// <summary>E[z] and E[z²] are the means of the oracle's filtered ones after the first season.</summary>
    [TestMethod]
    public void ASeriesMayStartAtAnyStep()
    {
        var system = ScalarCase.System();
        double[] values = ScalarCase.Draw(system, new Random(8), 50, 0.2);
        var expected = KalmanOracle.Run(ScalarCase.Oracle([], system), [.. values.Select(v => new[] { v })], [.. values.Select(v => new[] { !double.IsNaN(v) })]);
        var found = new ScalarFit(s_method, 4, default).StartingAnywhere(system, [new(values, [], 0)]);
        double Mean(int i) => expected.FilteredMeans[6..].Average(m => m[i]);
        double Square(int i) => Enumerable.Range(6, 44).Average(t => Math.Pow(expected.FilteredMeans[t][i], 2) + expected.FilteredCovariances[t][i, i]);
        for (int i = 0; i < 2; i++)
        {
            Assert.AreEqual(Mean(i), found.InitialMean[i], 1e-10);
            Assert.AreEqual(Square(i) - Mean(i) * Mean(i), found.InitialVariance[i], 1e-10);
            Assert.AreEqual((Square(2 + 2 * i) + Square(3 + 2 * i)) / 2, found.InitialVariance[2 + i], 1e-10);
        }
    }

    [TestMethod]
    public void AReturningSeasonIsFound()
    {
        var truth = Lasting() with
        {
            Pairs = [new SeasonalPair(1 / 6.0, 1), new SeasonalPair(1 / 6.0, 0.97)],
            SeasonalNoise = [1e-7, 0.03],
            InitialVariance = [1, 0.2, 0.5, 0.5],
        };
        var random = new Random(5);
        double[] values = ScalarCase.Draw(truth, random, 1800);
        var found = new ScalarFit(s_method, 6, default).Run([new(values[..1200], [], 0)], [new(values[1200..], [], 0)]);
        Assert.IsTrue(found.Returning is not null || found.System.SeasonalNoise.Max() > 1e-3, "seasons change within days");
    }

    /// <summary>Of data in which one dimension leads the other, the joint system; of dimensions by themselves, whose levels differ later, separate ones.</summary>
    [TestMethod]
    public void TheKindIsChosenByTheData()
    {
        var random = new Random(6);
        double[] cause = ScalarCase.Draw(Lasting() with { Pairs = [], SeasonalNoise = [], Decay = [0.6, 0.1], Noise = [1, 0.1] }, random, 903);
        Sequence[] leading = [new(2, [.. Enumerable.Range(3, 900).SelectMany(t => new[] { (float)cause[t], (float)(cause[t - 3] + 0.1 * random.Normal()) })])];
        double[][] own = [.. Enumerable.Range(0, 3).Select(_ => ScalarCase.Draw(Lasting() with { Decay = [0.9999, 0.5], Noise = [0.01, 0.05] }, random, 900))];
        Sequence[] apart = [new(3, [.. Enumerable.Range(0, 900).SelectMany(t => own.Select(x => (float)x[t]))])];
        var options = new BacktestOptions { Horizon = 3, FirstOrigin = 700, Stride = 20, Paths = 20 };
        StringAssert.Contains(new Backtester(leading, null, null, options).Run([s_method]).Methods[0].Description, "joint");
        StringAssert.Contains(new Backtester(apart, null, null, options).Run([s_method]).Methods[0].Description, "each dimension");
        StringAssert.Contains(new Backtester(leading, null, null, options).Run([s_method with { Joint = false }]).Methods[0].Description, "each dimension");
        StringAssert.Contains(new Backtester(apart, null, null, options).Run([s_method with { Separate = false }]).Methods[0].Description, "joint");
        Assert.AreEqual("Joint and Separate are both false; allow one of them.", (s_method with { Joint = false, Separate = false }).Validate().Single());
    }

    /// <summary>A level far from the training data's is followed, and a dimension that is never observed does no harm.</summary>
    [TestMethod]
    public void ForecastsFollowTheLevelOfTheContext()
    {
        var random = new Random(7);
        double[] values = ScalarCase.Draw(Lasting() with { Decay = [0.9999, 0.3], Noise = [0.01, 0.05] }, random, 900);
        Sequence Make(IEnumerable<double> x) => new(2, [.. x.SelectMany(v => new[] { (float)v, float.NaN })]);
        double level = values[..900].Max() + 4;
        using var forecaster = (s_method with { Joint = false }).Fit(new ForecastTraining([Make(values[..700])], [Make(values[700..])]), new ForecastQuestion(6, [0.1, 0.9], 50, 1), default);
        double mean = values[700..].Average();
        var found = forecaster.Forecast([Make(values[700..].Select(v => v - mean + level))])[0];
        double[] ahead = [.. Enumerable.Range(0, 6).Select(h => (double)found.Mean[2 * h])];
        Assert.AreEqual(level + values[^6..].Average() - mean, ahead.Average(), 0.8);
        Assert.IsTrue(Array.TrueForAll(found.Mean, float.IsFinite) && Array.TrueForAll(found.Paths, float.IsFinite));
        Assert.IsGreaterThan(found.Quantiles[0][1], found.Quantiles[1][1]);
    }

    private static ScalarSystem Lasting() => new()
    {
        Decay = [0.98, 0.5],
        Noise = [0.04, 0.2],
        Control = [],
        Pairs = [new SeasonalPair(1 / 6.0, 1)],
        SeasonalNoise = [1e-6],
        Offset = 0,
        Variance = 0.1,
        InitialMean = [0, 0],
        InitialVariance = [1, 0.2, 1],
    };

    private static double Likelihood(ScalarSystem system, IEnumerable<ScalarSeries> series)
    {
        var result = new ScalarLikelihood(system);
        foreach (var one in series)
            result.Add(one);
        return result.Value;
    }
}
