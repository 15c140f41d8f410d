using Microsoft.ML.StateSpace.Networks.Rows;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Networks.Rows;

/// <summary>Moments over particles against LibTorch's in float64, and against themselves in other company and another order in memory.</summary>
[TestClass]
public class RowMomentsTests
{
    public static IEnumerable<object[]> Shapes =>
        from size in new[] { 1, 2, 7, 8, 70 }
        from rows in new[] { 1, 3, 20 }
        from particles in new[] { 1, 2, 3, 4, 7, 64 }
        select new object[] { size, rows, particles };

    [TestMethod]
    [DynamicData(nameof(Shapes))]
    public void TheyAreThoseOfDoublePrecisionWhateverStandsBeside(int size, int rows, int particles)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var noise = new Generator(3);
        var values = randn([particles, rows, size], ScalarType.Float32, generator: noise) + 2;
        var turned = values.transpose(0, 1).contiguous().transpose(0, 1);
        var exact = values.to(ScalarType.Float64);
        var mean = RowMoments.Mean(values);
        var variance = RowMoments.Variance(values, mean);
        Closeness.AssertRelative([("mean", exact.mean([0]).to(ScalarType.Float32), mean)], ScalarType.Float32);
        Assert.IsLessThan(1e-5, (exact.var(0, unbiased: false) - variance).abs().max().item<double>());
        Assert.IsTrue(mean.equal(RowMoments.Mean(turned)).all().item<bool>(), "another order in memory");
        Assert.IsTrue(variance.equal(RowMoments.Variance(turned, mean)).all().item<bool>(), "another order in memory");
        for (int row = 0; row < rows; row++)
            foreach (var alone in new[] { values.narrow(1, row, 1).contiguous(), values.narrow(1, row, 1) })
            {
                Assert.IsTrue(mean.narrow(0, row, 1).equal(RowMoments.Mean(alone)).all().item<bool>(), $"row {row}");
                Assert.IsTrue(variance.narrow(0, row, 1).equal(RowMoments.Variance(alone, mean.narrow(0, row, 1))).all().item<bool>(), $"row {row}");
            }
    }
}
