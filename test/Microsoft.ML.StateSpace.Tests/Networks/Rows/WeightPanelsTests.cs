using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Networks.Rows;

/// <summary>Products with matrices laid out once.</summary>
[TestClass]
public unsafe class WeightPanelsTests
{
    public static IEnumerable<object[]> Sizes =>
        from rows in new[] { 1, 2, 3, 4, 5, 7, 20, 70 }
        from outputs in new[] { 1, 15, 16, 40, 48, 96, 100, 150 }
        select new object[] { rows, outputs };

    /// <summary>LibTorch's product to rounding; the bits of a row do not depend on the rows beside it, nor on where it stands.</summary>
    [TestMethod]
    [DynamicData(nameof(Sizes))]
    public void AddsTheProductRowByRow(int rows, int outputs)
    {
        const int Inputs = 37;
        using var scope = NewDisposeScope();
        using var noise = new Generator(5);
        var (matrix, x, y) = (randn([Inputs, outputs], generator: noise), randn([rows, Inputs], generator: noise), randn([rows, outputs + 3], generator: noise));
        var expected = y.to(ScalarType.Float64);
        expected.narrow(1, 0, outputs).add_(x.to(ScalarType.Float64).mm(matrix.to(ScalarType.Float64)));
        var panels = WeightPanels.Of(matrix);
        var together = Add(panels, x, y);
        Assert.IsTrue((together.to(ScalarType.Float64) - expected).abs().max().item<double>() < 1e-5);
        for (int row = 0; row < rows; row++)
            AssertSame(together.narrow(0, row, 1), Add(panels, x.narrow(0, row, 1), y.narrow(0, row, 1)));
    }

    /// <summary>A matrix of any strides is laid out as its contiguous copy.</summary>
    [TestMethod]
    public void StridesDoNotMatter()
    {
        using var scope = NewDisposeScope();
        using var noise = new Generator(5);
        var (matrix, x, y) = (randn([48, 20], generator: noise), randn([3, 20], generator: noise), zeros(3, 48));
        AssertSame(Add(WeightPanels.Of(matrix.t().contiguous()), x, y), Add(WeightPanels.Of(matrix.t()), x, y));
    }

    private static void AssertSame(Tensor expected, Tensor actual) => CollectionAssert.AreEqual(expected.data<float>().ToArray(), actual.data<float>().ToArray());

    private static Tensor Add(WeightPanels panels, Tensor x, Tensor y)
    {
        var sum = y.clone();
        panels.AddProducts(Rows(x), Rows(sum));
        return sum;
    }

    private static nint[] Rows(Tensor tensor)
    {
        fixed (byte* first = tensor.bytes)
        {
            nint address = (nint)first;
            return [.. Enumerable.Range(0, (int)tensor.shape[0]).Select(i => address + i * (nint)tensor.stride(0) * sizeof(float))];
        }
    }
}
