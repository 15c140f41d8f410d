using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Tests.Scoring.Metrics;

[TestClass]
public class CrpsTests
{
    /// <summary>E|X − y| − ½ E|X − X′| over all pairs, as it is written.</summary>
    private static double BruteForce(double[] samples, double y, bool fair)
    {
        double distance = samples.Average(x => Math.Abs(x - y));
        double pairs = samples.Sum(a => samples.Sum(b => Math.Abs(a - b)));
        return distance - 0.5 * pairs / (fair ? samples.Length * (samples.Length - 1.0) : samples.Length * (double)samples.Length);
    }

    [TestMethod]
    [DataRow(2, false)]
    [DataRow(2, true)]
    [DataRow(17, false)]
    [DataRow(200, true)]
    [DataRow(200, false)]
    public void SortedSumsAreThoseOfAllPairs(int count, bool fair)
    {
        var random = new Random(count);
        double[] samples = random.Normals(count);
        samples[1] = samples[0];
        foreach (double y in new[] { -5, samples[0], 0.3, 1e3 })
            Assert.AreEqual(BruteForce(samples, y, fair), Crps.OfSamples(samples, y, fair), 1e-11 * Math.Max(1, Math.Abs(y)));
    }

    [TestMethod]
    public void OneSampleIsAPointForecast()
    {
        Assert.AreEqual(2.5, Crps.OfSamples([1.5], -1));
        Assert.ThrowsExactly<ArgumentException>(() => Crps.OfSamples([1.5], -1, fair: true));
        Assert.ThrowsExactly<ArgumentException>(() => Crps.OfSamples([], -1));
    }

    /// <summary>∫ (Φ(x) − 1[y ≤ x])² dx by the midpoint rule.</summary>
    [TestMethod]
    [DataRow(0, 1, 0.4)]
    [DataRow(1, 2, -3)]
    [DataRow(-2, 0.5, -2)]
    public void OfAGaussianIsTheIntegral(double mean, double deviation, double y)
    {
        double sum = 0;
        const double Step = 1e-3;
        for (double x = -30 + Step / 2; x < 30; x += Step)
        {
            double difference = StandardNormal.Cdf((x - mean) / deviation) - (y <= x ? 1 : 0);
            sum += difference * difference * Step;
        }
        Assert.AreEqual(sum, Crps.OfGaussian(mean, deviation, y), 1e-6);
    }

    /// <summary>Known to 15 digits: Φ(1), Φ(2), Φ(−3) and Φ(−6).</summary>
    [TestMethod]
    [DataRow(1, 0.841344746068543)]
    [DataRow(2, 0.977249868051821)]
    [DataRow(-3, 0.00134989803163009)]
    [DataRow(-6, 9.86587645037698e-10)]
    [DataRow(0, 0.5)]
    [DataRow(40, 1)]
    public void TheGaussianDistributionFunctionIsKnown(double x, double expected) => Assert.AreEqual(expected, StandardNormal.Cdf(x), 1e-14);

    [TestMethod]
    public void SamplesOfAGaussianComeToItsScore()
    {
        const int Count = 200_000;
        var random = new Random(5);
        double[] samples = [.. random.Normals(Count).Select(e => 1 + 2 * e)];
        foreach (double y in new[] { -2.0, 0.9, 6 })
            Assert.AreEqual(Crps.OfGaussian(1, 2, y), Crps.OfSamples(samples, y), 5 * 2 / Math.Sqrt(Count));
    }

    [TestMethod]
    public void TheFairScoreIsUnbiasedHoweverFewTheSamples()
    {
        const int Count = 4, Repeats = 40_000;
        var random = new Random(6);
        double fair = 0, plain = 0;
        for (int i = 0; i < Repeats; i++)
        {
            double[] samples = random.Normals(Count);
            fair += Crps.OfSamples(samples, 0.7, fair: true) / Repeats;
            plain += Crps.OfSamples(samples, 0.7) / Repeats;
        }
        double exact = Crps.OfGaussian(0, 1, 0.7);
        Assert.AreEqual(exact, fair, 0.01);
        // E|X − X′| = 2/√π of two standard normals: the plain score is E|X − X′| / 2N too large.
        Assert.AreEqual(exact + 2 / Math.Sqrt(Math.PI) / (2 * Count), plain, 0.01);
    }

    [TestMethod]
    public void QuantilesOfAGaussianComeToItsScore()
    {
        double[] probabilities = [.. Enumerable.Range(1, 1999).Select(i => i / 2000.0)];
        double[] quantiles = [.. probabilities.Select(p => 1 + 2 * Quantile(p))];
        foreach (double y in new[] { -2.0, 0.9, 6 })
            Assert.AreEqual(Crps.OfGaussian(1, 2, y), Crps.OfQuantiles(probabilities, quantiles, y), 2e-3);
    }

    /// <summary>A uniform distribution on [0, 1] between its quantiles 0.25 and 0.75, with half the mass at those two.</summary>
    [TestMethod]
    public void QuantilesAreLinearBetweenAndConstantBeyond()
    {
        double[] probabilities = [0.25, 0.75], quantiles = [0.25, 0.75];
        foreach (double y in new[] { -1, 0.25, 0.4, 0.75, 2 })
        {
            double sum = 0;
            const int Steps = 100_000;
            for (int i = 0; i < Steps; i++)
            {
                double p = (i + 0.5) / Steps;
                sum += 2 * QuantileLoss.Of(Math.Clamp(p, 0.25, 0.75), y, p) / Steps;
            }
            Assert.AreEqual(sum, Crps.OfQuantiles(probabilities, quantiles, y), 1e-8, $"y = {y}");
        }
        Assert.AreEqual(3, Crps.OfQuantiles([0.5], [2], 5), 1e-12, "a point forecast");
        Assert.ThrowsExactly<ArgumentException>(() => Crps.OfQuantiles([0.5], [], 5));
    }

    /// <summary>In expectation the true distribution has the least score.</summary>
    [TestMethod]
    public void TheTruthScoresBest()
    {
        var random = new Random(7);
        double[] truths = random.Normals(20_000);
        double Mean(double mean, double deviation) => truths.Average(y => Crps.OfGaussian(mean, deviation, y));
        double best = Mean(0, 1);
        Assert.AreEqual(1 / Math.Sqrt(Math.PI), best, 0.01, "E of the score of N(0, 1) under itself");
        foreach (var (mean, deviation) in new[] { (0.2, 1.0), (0, 1.3), (0, 0.7), (-0.2, 1) })
            Assert.IsGreaterThan(best, Mean(mean, deviation));
    }

    // Φ⁻¹ by halving.
    private static double Quantile(double p)
    {
        double low = -10, high = 10;
        for (int i = 0; i < 80; i++)
        {
            double middle = (low + high) / 2;
            if (StandardNormal.Cdf(middle) < p)
                low = middle;
            else
                high = middle;
        }
        return low;
    }
}
