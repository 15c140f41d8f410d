using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Tests.Scoring.Metrics;

/// <summary>Energy score, interval score, pinball loss, PIT, sample quantiles, seasonal scale.</summary>
[TestClass]
public class SingleMetricTests
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TheEnergyScoreOfNumbersIsTheCrps(bool fair)
    {
        float[] samples = [.. new Random(1).Normals(50).Select(e => (float)e)];
        double[] same = [.. samples.Select(s => (double)s)];
        foreach (float y in new[] { -3f, 0.2f, 4f })
            Assert.AreEqual(Crps.OfSamples(same, y, fair), EnergyScore.OfSamples(samples, [y], fair), 1e-12);
    }

    /// <summary>Samples (0, 0), (3, 4) and y = (0, 4): distances 4 and 3 to y, and 5 between.</summary>
    [TestMethod]
    public void TheEnergyScoreByHand()
    {
        Assert.AreEqual(3.5 - 0.5 * (2 * 5) / 4, EnergyScore.OfSamples([0, 0, 3, 4], [0, 4]), 1e-12);
        Assert.AreEqual(3.5 - 0.5 * (2 * 5) / 2, EnergyScore.OfSamples([0, 0, 3, 4], [0, 4], fair: true), 1e-12);
        Assert.AreEqual(Crps.OfSamples([0, 4], 4), EnergyScore.OfSamples([0, 0, 3, 4], [float.NaN, 4]), 1e-12, "what is missing does not count");
        Assert.AreEqual(double.NaN, EnergyScore.OfSamples([0, 0, 3, 4], [float.NaN, float.NaN]));
        Assert.ThrowsExactly<ArgumentException>(() => EnergyScore.OfSamples([0, 0, 3], [0, 4]));
        Assert.ThrowsExactly<ArgumentException>(() => EnergyScore.OfSamples([0, 0], [0, 4], fair: true));
    }

    [TestMethod]
    public void TheEnergyScoreTellsDependenceApart()
    {
        var random = new Random(2);
        const int Samples = 60, Repeats = 2000;
        double right = 0, wrong = 0;
        for (int i = 0; i < Repeats; i++)
        {
            double common = random.Normal();
            float[] y = [(float)common, (float)common];
            double[] a = random.Normals(Samples), b = random.Normals(Samples);
            right += EnergyScore.OfSamples([.. a.SelectMany(v => new[] { (float)v, (float)v })], y) / Repeats;
            wrong += EnergyScore.OfSamples([.. a.Zip(b, (v, w) => new[] { (float)v, (float)w }).SelectMany(v => v)], y) / Repeats;
        }
        Assert.IsGreaterThan(right + 0.03, wrong);
    }

    [TestMethod]
    public void TheIntervalScoreByHand()
    {
        Assert.AreEqual(4, IntervalScore.Of(-1, 3, 0, 0.8));
        Assert.AreEqual(4 + 2 / 0.2 * 2, IntervalScore.Of(-1, 3, 5, 0.8), 1e-12);
        Assert.AreEqual(4 + 2 / 0.05 * 0.5, IntervalScore.Of(-1, 3, -1.5, 0.95), 1e-12);
        Assert.IsTrue(IntervalScore.Covers(-1, 3, 3) && IntervalScore.Covers(-1, 3, -1) && !IntervalScore.Covers(-1, 3, 3.1));
    }

    [TestMethod]
    public void ThePinballLossByHand()
    {
        Assert.AreEqual(0.9 * 2, QuantileLoss.Of(1, 3, 0.9), 1e-12);
        Assert.AreEqual(0.1 * 2, QuantileLoss.Of(5, 3, 0.9), 1e-12);
        Assert.AreEqual(0, QuantileLoss.Of(3, 3, 0.9));
        Assert.AreEqual(0.5 * 2, QuantileLoss.Of(1, 3, 0.5), 1e-12, "half the absolute error");
    }

    [TestMethod]
    [DataRow(4, false)]
    [DataRow(100, false)]
    [DataRow(30, true)]
    public void ThePitOfExchangeableDrawsIsUniform(int samples, bool discrete)
    {
        var random = new Random(samples);
        double Draw() => discrete ? random.Next(3) : Math.Exp(random.Normal());
        var bars = new long[20];
        for (int i = 0; i < 20_000; i++)
        {
            double[] drawn = [.. Enumerable.Range(0, samples).Select(_ => Draw())];
            bars[(int)(20 * ProbabilityIntegral.Of(drawn, Draw(), random.NextDouble()))]++;
        }
        Draws.AssertUniform(bars);
    }

    [TestMethod]
    public void ThePitByHand()
    {
        Assert.AreEqual((1 + 0.5 * 3) / 5, ProbabilityIntegral.Of([2, 1, 2, 7], 2, 0.5), 1e-12, "one below, two equal");
        Assert.AreEqual(0, ProbabilityIntegral.Of([2, 1], 0, 0));
        Assert.IsLessThan(1, ProbabilityIntegral.Of([2, 1], 9, 1 - 1e-12));
    }

    [TestMethod]
    public void AFurtherDrawFallsBelowASampleQuantileWithItsProbability()
    {
        Assert.AreEqual(3, SampleQuantile.OfSorted([1, 2, 3, 4, 5], 0.5));
        Assert.AreEqual(1.2, SampleQuantile.OfSorted([1, 2, 3, 4, 5], 0.2), 1e-12);
        Assert.AreEqual(1, SampleQuantile.OfSorted([1, 2, 3, 4, 5], 0.01));
        Assert.AreEqual(5, SampleQuantile.OfSorted([1, 2, 3, 4, 5], 0.99));
        Assert.ThrowsExactly<ArgumentException>(() => SampleQuantile.OfSorted([], 0.5));
        var random = new Random(3);
        const int Repeats = 20_000;
        int below = 0;
        for (int i = 0; i < Repeats; i++)
        {
            double[] sorted = [.. random.Normals(39).Order()];
            below += random.Normal() < SampleQuantile.OfSorted(sorted, 0.05) ? 1 : 0;
        }
        // Five standard deviations of the count.
        Assert.AreEqual(0.05, (double)below / Repeats, 5 * Math.Sqrt(0.05 * 0.95 / Repeats));
    }

    [TestMethod]
    public void TheSeasonalScaleByHand()
    {
        const float Missing = float.NaN;
        // Two dimensions; season 2: the first has pairs (1, 4), (2, ?), (4, 5); the second (0, 0), (1, 3), (0, 2).
        var scale = SeasonalScale.Of([1, 0, 2, 1, 4, 0, Missing, 3, 5, 2], 2, 2);
        Assert.AreEqual((3 + 1) / 2.0, scale.Absolute[0]);
        Assert.AreEqual((9 + 1) / 2.0, scale.Squared[0]);
        Assert.AreEqual((0 + 2 + 2) / 3.0, scale.Absolute[1], 1e-12);
        Assert.AreEqual((0 + 4 + 4) / 3.0, scale.Squared[1], 1e-12);
        Assert.AreEqual(double.NaN, SeasonalScale.Of([1, 0], 2, 2).Absolute[0], "no pair");
    }
}
