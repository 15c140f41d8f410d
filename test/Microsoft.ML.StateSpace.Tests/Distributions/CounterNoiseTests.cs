using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;

namespace Microsoft.ML.StateSpace.Tests.Distributions;

/// <summary>Numbers made of a key and a counter: their laws, and that nothing but the two decides them.</summary>
[TestClass]
public class CounterNoiseTests
{
    private const int Many = 200_000;

    [TestMethod]
    public void NormalNumbersAreNormalAndIndependent()
    {
        double[] single = [.. Singles(1, Many).Select(x => (double)x)], doubles = Doubles(1, Many);
        foreach (double[] x in new[] { single, doubles })
        {
            AssertMoment(0, 1, x, v => v);
            AssertMoment(1, 2, x, v => v * v);
            AssertMoment(0, 15, x, v => v * v * v);
            AssertMoment(3, 96, x, v => v * v * v * v);
            // Neighbours, and the cosine and sine of one pair.
            AssertMoment(0, 1, x[1..], x[..^1], (a, b) => a * b);
            AssertMoment(0, 1, x[..(Many / 2)], x[(Many / 2)..], (a, b) => a * b);
            AssertMoment(1, 8, x[..(Many / 2)], x[(Many / 2)..], (a, b) => a * a * b * b);
            Assert.IsTrue(x.Max() is > 3.8 and < 7 && x.Min() is < -3.8 and > -7, $"{x.Min()} to {x.Max()}");
        }
        Kolmogorov.AssertUniform(NormalCdf(single), "single");
        Kolmogorov.AssertUniform(NormalCdf(doubles), "double");
    }

    [TestMethod]
    public void UniformNumbersAreUniform()
    {
        var (single, doubles) = (new float[Many], new double[Many]);
        ulong counter = 0;
        CounterNoise.Uniform(single, 7, ref counter);
        Assert.AreEqual((ulong)Many, counter);
        CounterNoise.Uniform(doubles, 7, ref counter);
        foreach (double[] x in new[] { [.. single.Select(v => (double)v)], doubles })
        {
            Assert.IsTrue(x.All(v => v is >= 0 and < 1));
            Kolmogorov.AssertUniform(x, "uniform");
            AssertMoment(0.25, 7 / 144.0, x[1..], x[..^1], (a, b) => a * b);
        }
    }

    [TestMethod]
    public void KeysAndCountersThatAreNeighboursAreUnrelated()
    {
        double[] x = Doubles(3, Many), next = Doubles(4, Many);
        AssertMoment(0, 1, x, next, (a, b) => a * b);
        AssertMoment(1, 8, x, next, (a, b) => a * a * b * b);
    }

    /// <summary>Numbers come in pairs, of which the first halves come first: a draw may be any length, and the next goes on behind it.</summary>
    [TestMethod]
    public void ADrawIsTheSameHoweverLongTheOthersAre()
    {
        foreach (int length in new[] { 1, 2, 3, 15, 16, 17, 40 })
        {
            var (alone, longer) = (new float[length], new float[64]);
            ulong counter = 5, other = 5;
            CounterNoise.Normal(alone, 9, ref counter);
            Assert.AreEqual(5UL + (ulong)(length + 1) / 2, counter);
            CounterNoise.Normal(longer, 9, ref other);
            CollectionAssert.AreEqual(longer[..((length + 1) / 2)], alone[..((length + 1) / 2)], "the same cosines");
            CollectionAssert.AreEqual(longer[32..(32 + length / 2)], alone[((length + 1) / 2)..], "the same sines");
        }
    }

    private static float[] Singles(ulong key, int count)
    {
        var values = new float[count];
        ulong counter = 0;
        CounterNoise.Normal(values, key, ref counter);
        return values;
    }

    private static double[] Doubles(ulong key, int count)
    {
        var values = new double[count];
        ulong counter = 0;
        CounterNoise.Normal(values, key, ref counter);
        return values;
    }

    private static void AssertMoment(double expected, double variance, double[] x, Func<double, double> of) =>
        AssertMoment(expected, variance, x, x, (a, _) => of(a));

    // Within four standard errors.
    private static void AssertMoment(double expected, double variance, double[] x, double[] y, Func<double, double, double> of) =>
        Assert.AreEqual(expected, x.Zip(y, of).Average(), 4 * Math.Sqrt(variance / x.Length));

    private static double[] NormalCdf(double[] x)
    {
        using var scope = torch.NewDisposeScope();
        return (0.5 + 0.5 * (torch.tensor(x) / Math.Sqrt(2)).erf()).data<double>().ToArray();
    }
}
