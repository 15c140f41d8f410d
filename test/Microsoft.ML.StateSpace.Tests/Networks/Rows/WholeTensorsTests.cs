using Microsoft.ML.StateSpace.Networks.Rows;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Networks.Rows;

/// <summary>Passes over whole tensors do what LibTorch's calls do, whatever the tensors' type and order in memory.</summary>
[TestClass]
public class WholeTensorsTests
{
    public static IEnumerable<object[]> Cases =>
        from type in new[] { ScalarType.Float32, ScalarType.Float64 }
        from transposed in new[] { false, true }
        select new object[] { type, transposed };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void SumsAndMeansAreThoseOfCalls(ScalarType type, bool transposed)
    {
        using var scope = NewDisposeScope();
        var (a, b, target) = (Make(type, transposed, 1), Make(type, false, 2), Make(type, false, 3));
        WholeTensors.Sum(target, a, b);
        AssertNear(a + b, target);
        var mean = Make(type, false, 4);
        var expected = mean * 0.75 + a * 0.25;
        WholeTensors.Approach(mean, a, 0.25);
        AssertNear(expected, mean);
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void TheNormIsThatOfAllTogether(ScalarType type, bool transposed)
    {
        using var scope = NewDisposeScope();
        Tensor[] all = [Make(type, transposed, 1), Make(type, false, 2)[0], zeros([3], type)];
        AssertNear(linalg.vector_norm(cat([.. all.Select(one => one.reshape(-1))], 0)).to(type), WholeTensors.Norm(all).to(type));
        all[2][1] = float.NaN;
        Assert.IsTrue(double.IsNaN(WholeTensors.Norm(all).to(ScalarType.Float64).item<double>()));
    }

    // More than a block, and no whole number of vectors.
    private static Tensor Make(ScalarType type, bool transposed, ulong seed)
    {
        using var noise = new Generator(seed);
        return transposed ? randn([71, 67], type, generator: noise).t() : randn([67, 71], type, generator: noise);
    }

    private static void AssertNear(Tensor expected, Tensor actual) => Assert.AreEqual(0, (expected - actual).abs().max().to(ScalarType.Float64).item<double>(),
        expected.dtype == ScalarType.Float64 ? 1e-12 : 4e-6 * expected.abs().max().item<float>());
}
