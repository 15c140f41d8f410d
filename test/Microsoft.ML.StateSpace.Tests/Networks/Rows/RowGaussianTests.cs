using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks.Rows;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Networks.Rows;

/// <summary>Densities and draws in one pass against LibTorch's operations in float64, and against themselves in other company.</summary>
[TestClass]
public class RowGaussianTests
{
    public static IEnumerable<object[]> Shapes =>
        from size in new[] { 1, 2, 7, 16, 100, 1000 }
        from rows in new[] { 1, 5, 40 }
        from particles in new[] { 0, 1, 9 }
        select new object[] { size, rows, particles };

    [TestMethod]
    [DynamicData(nameof(Shapes))]
    public void ValuesAreThoseOfDoublePrecision(int size, int rows, int particles)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var noise = new Generator(3);
        foreach (bool swapped in new[] { false, true })
            foreach (bool shared in new[] { false, true })
            {
                var (mean, variance) = (Input(particles, rows, size, swapped, noise), Input(particles, rows, size, !swapped, noise).square() + 0.01f);
                var x = shared ? Input(0, rows, size, false, noise) : Input(particles, rows, size, swapped, noise);
                Assert.IsTrue(RowGaussian.Serves(mean, variance, x));
                var (one, exact) = (new DiagonalGaussian(mean, variance), new DiagonalGaussian(mean.to(ScalarType.Float64), variance.to(ScalarType.Float64)));
                Closeness.AssertRelative([
                    ("density", exact.LogProbability(x.to(ScalarType.Float64)).to(ScalarType.Float32), one.LogProbability(x)),
                    ("draw", exact.Sample(x.to(ScalarType.Float64)).to(ScalarType.Float32), one.Sample(x)),
                ], ScalarType.Float32);
                for (int row = 0; row < rows; row += 3)
                {
                    DiagonalGaussian alone = new(mean.narrow(-2, row, 1).contiguous(), variance.narrow(-2, row, 1).contiguous());
                    var point = x.narrow(-2, row, 1).contiguous();
                    Assert.IsTrue(alone.LogProbability(point).equal(one.LogProbability(x).narrow(-1, row, 1)).all().item<bool>(), $"density of row {row}");
                    Assert.IsTrue(alone.Sample(point).equal(one.Sample(x).narrow(-2, row, 1)).all().item<bool>(), $"draw of row {row}");
                }
            }
    }

    [TestMethod]
    public void OtherShapesAreLeftToTheirOperations()
    {
        using var scope = NewDisposeScope();
        var (mean, variance) = (zeros(4, 3), ones(4, 3));
        using (no_grad())
        {
            Assert.IsFalse(RowGaussian.Serves(mean, variance, zeros(5, 4, 3)), "more particles than the Gaussian has");
            Assert.IsFalse(RowGaussian.Serves(mean, variance, zeros(1, 3)), "one row for all");
            Assert.IsFalse(RowGaussian.Serves(mean, ones(3), zeros(4, 3)), "one variance for all");
            Assert.IsFalse(RowGaussian.Serves(mean.to(ScalarType.Float64), variance, zeros(4, 3)), "double precision");
        }
        Assert.IsFalse(RowGaussian.Serves(mean, variance, zeros(4, 3)), "under gradients");
    }

    [TestMethod]
    public void MomentsAreTheWeightedOnes()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var noise = new Generator(6);
        Tensor values = randn([50, 4, 3], ScalarType.Float32, generator: noise), logWeights = randn([4, 50], ScalarType.Float32, generator: noise);
        var (mean, deviation) = new RowWeights(logWeights).Moments(values);
        var (weights, numbers) = (logWeights.to(ScalarType.Float64).softmax(-1).unsqueeze(-1), values.to(ScalarType.Float64).transpose(0, 1));
        var expected = (weights * numbers).sum([1]);
        Closeness.AssertRelative([
            ("mean", expected.to(ScalarType.Float32), mean),
            ("deviation", (weights * (numbers - expected.unsqueeze(1)).square()).sum([1]).sqrt().to(ScalarType.Float32), deviation),
        ], ScalarType.Float32);
    }

    private static Tensor Input(int particles, int rows, int size, bool swapped, Generator noise) => particles == 0
        ? randn([rows, size], ScalarType.Float32, generator: noise) : swapped
        ? randn([rows, particles, size], ScalarType.Float32, generator: noise).transpose(0, 1) : randn([particles, rows, size], ScalarType.Float32, generator: noise);
}
