using Microsoft.ML.StateSpace.Distributions;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Networks;

[TestClass]
public class DiagonalGaussianTests
{
    [TestMethod]
    public void AnalyticKlIsTheSampledOnesMean()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(9);
        var q = new DiagonalGaussian(tensor(new[] { 0.5, -1.0, 2.0 }), tensor(new[] { 0.3, 1.5, 0.8 }));
        var p = new DiagonalGaussian(tensor(new[] { 0.0, -0.5, 1.0 }), tensor(new[] { 1.0, 0.7, 2.0 }));
        var z = q.Sample(randn([400_000, 3], ScalarType.Float64, generator: generator));
        var sampled = q.LogProbability(z) - p.LogProbability(z);
        double error = sampled.std().item<double>() / Math.Sqrt(400_000);
        Assert.AreEqual(sampled.mean().item<double>(), q.Kl(p).item<double>(), 4 * error);
        Assert.AreEqual(0, q.Kl(q).item<double>(), 1e-12);
    }

    [TestMethod]
    public void LogProbabilityIsTheDensitysLogarithm()
    {
        using var scope = NewDisposeScope();
        var p = new DiagonalGaussian(tensor(new[] { 1.0, -2.0 }), tensor(new[] { 4.0, 0.25 }));
        double expected = -0.5 * (1 / 4.0 + Math.Log(4) + Math.Log(2 * Math.PI)) - 0.5 * (0.25 / 0.25 + Math.Log(0.25) + Math.Log(2 * Math.PI));
        Assert.AreEqual(expected, p.LogProbability(tensor(new[] { 2.0, -1.5 })).item<double>(), 1e-12);
    }

    [TestMethod]
    public void TheProductAddsPrecisions()
    {
        using var scope = NewDisposeScope();
        var product = new DiagonalGaussian(tensor(new[] { 1.0 }), tensor(new[] { 2.0 }))
            .Product(new DiagonalGaussian(tensor(new[] { 4.0 }), tensor(new[] { 1.0 })));
        Assert.AreEqual((1.0 / 2 + 4.0 / 1) / (1.0 / 2 + 1), product.Mean.item<double>(), 1e-12);
        Assert.AreEqual(1 / (1.0 / 2 + 1), product.Variance.item<double>(), 1e-12);
    }
}
