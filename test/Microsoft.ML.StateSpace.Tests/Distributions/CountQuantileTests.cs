using Microsoft.ML.StateSpace.Distributions;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Distributions;

[TestClass]
public class CountQuantileTests
{
    private const int Samples = 100_000;

    [TestMethod]
    [DataRow(1e-9)]
    [DataRow(0.3)]
    [DataRow(20.0)]
    [DataRow(255.0)]
    [DataRow(257.0)]
    [DataRow(1e5)]
    [DataRow(1e13)]
    public void PoissonCountsHaveItsMoments(double rate)
    {
        using var scope = NewDisposeScope();
        AssertMoments(CountQuantile.Poisson(full([Samples], rate, ScalarType.Float64), Grid()), rate, rate);
    }

    [TestMethod]
    [DataRow(1e-6, 1.0)]
    [DataRow(3.0, 0.5)]
    [DataRow(3.0, 1e6)]
    [DataRow(100.0, 2.0)]
    [DataRow(200.0, 0.2)]
    [DataRow(2000.0, 0.5)]
    [DataRow(2000.0, 1e6)]
    [DataRow(1e9, 5.0)]
    public void NegativeBinomialCountsHaveItsMoments(double mean, double dispersion)
    {
        using var scope = NewDisposeScope();
        var counts = CountQuantile.NegativeBinomial(full([Samples], mean, ScalarType.Float64), tensor(dispersion), Grid());
        AssertMoments(counts, mean, mean + mean * mean / dispersion);
    }

    [TestMethod]
    public void TheCountIsTheFirstWhoseSumExceedsTheUniformNumber()
    {
        using var scope = NewDisposeScope();
        double p = Math.Exp(-2.5), sum = 0;
        for (int k = 0; k < 12; k++)
        {
            double before = sum;
            sum += p;
            p *= 2.5 / (k + 1);
            foreach (double u in new[] { before + 1e-9, sum - 1e-9 })
                Assert.AreEqual(k, CountQuantile.Poisson(tensor(new[] { 2.5 }), tensor(new[] { u })).item<double>());
        }
    }

    [TestMethod]
    public void ADrawDependsOnItsOwnNumbersOnly()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var mean = (4 * randn([30, 5], ScalarType.Float64, generator: generator)).exp();
        var transposed = rand([5, 30], ScalarType.Float64, generator: generator).t();
        var (poisson, negative) = (CountQuantile.Poisson(mean, transposed), CountQuantile.NegativeBinomial(mean, tensor(0.3), transposed));
        for (int i = 0; i < 30; i++)
            for (int k = 0; k < 5; k++)
            {
                var (m, u) = (mean[i, k].unsqueeze(0), transposed[i, k].unsqueeze(0));
                Assert.AreEqual(CountQuantile.Poisson(m, u).item<double>(), poisson[i, k].item<double>());
                Assert.AreEqual(CountQuantile.NegativeBinomial(m, tensor(0.3), u).item<double>(), negative[i, k].item<double>());
            }
    }

    /// <summary>On a GPU nobody looks at what is left to do: all terms are taken in one call, of some elements at a time, and all tails searched.</summary>
    [TestMethod]
    [DataRow(1)]
    [DataRow(9000)]
    public void WhetherAnybodyLooksMakesNoDifference(int rows)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var uniform = rand([2, rows], ScalarType.Float64, generator: generator).t();
        var mean = (4 * randn([rows, 1], ScalarType.Float64, generator: generator)).exp().expand_as(uniform);
        var dispersion = tensor(new[] { 1e-3, 0.3 });
        AssertSame(CountQuantile.Poisson(mean, uniform, looks: true), CountQuantile.Poisson(mean, uniform, looks: false));
        AssertSame(CountQuantile.NegativeBinomial(mean, dispersion, uniform, looks: true), CountQuantile.NegativeBinomial(mean, dispersion, uniform, looks: false));
    }

    [TestMethod]
    public void TheLargestUniformNumberGivesAFiniteCount()
    {
        using var scope = NewDisposeScope();
        var mean = tensor(new[] { 1e-9, 1.0, 250, 300, 1e13 });
        var top = full([5], 1 - 1e-16, ScalarType.Float64);
        Assert.IsTrue(CountQuantile.Poisson(mean, top).isfinite().all().item<bool>());
        foreach (double r in new[] { 3e-7, 0.1, 10, 3e6 })
            Assert.IsTrue(CountQuantile.NegativeBinomial(mean, tensor(r), top).isfinite().all().item<bool>());
        Assert.IsTrue(CountQuantile.Poisson(mean, zeros_like(mean)).ge(0).all().item<bool>());
    }

    // The midpoints of equal cells integrate the quantile function: far less noise than random draws.
    private static Tensor Grid() => (arange(Samples, ScalarType.Float64) + 0.5) / Samples;

    private static void AssertSame(Tensor expected, Tensor counts) => Assert.AreEqual(0, (counts - expected).abs().max().item<double>());

    private static void AssertMoments(Tensor counts, double mean, double variance)
    {
        Assert.IsTrue(counts.eq(counts.round()).logical_and(counts.ge(0)).all().item<bool>());
        Assert.AreEqual(mean, counts.mean().item<double>(), 3e-3 * mean + 2e-5);
        Assert.AreEqual(variance, (counts - mean).square().mean().item<double>(), 0.02 * variance + 2e-5);
    }
}
