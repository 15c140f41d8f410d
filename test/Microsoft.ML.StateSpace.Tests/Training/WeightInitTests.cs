using Microsoft.ML.StateSpace.Networks;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Weight matrices begin with the distribution asked for.</summary>
[TestClass]
public class WeightInitTests
{
    private const int Rows = 300, Columns = 200;

    [TestMethod]
    // Deviations: Xavier √(2/500), He √(2/200), U(−s, s) s/√3, N(0, s²) s.
    [DataRow(WeightScheme.Xavier, null, 0.0632456, 0.1095445)]
    [DataRow(WeightScheme.Xavier, 2.0, 0.1264911, 0.2190890)]
    [DataRow(WeightScheme.He, null, 0.1, double.PositiveInfinity)]
    [DataRow(WeightScheme.Uniform, null, 0.0577350, 0.1)]
    [DataRow(WeightScheme.Uniform, 0.3, 0.1732051, 0.3)]
    [DataRow(WeightScheme.Normal, 0.02, 0.02, double.PositiveInfinity)]
    public void DrawsHaveTheirMomentsAndBounds(WeightScheme scheme, double? scale, double deviation, double bound)
    {
        float[] values = Draw(new WeightInit { Scheme = scheme, Scale = scale }, Rows, Columns);
        double mean = values.Average(v => (double)v), spread = Math.Sqrt(values.Average(v => (double)v * v));
        // 60,000 draws: four standard errors of the mean and of the deviation.
        Assert.AreEqual(0, mean, 4 * deviation / Math.Sqrt(values.Length));
        Assert.AreEqual(deviation, spread, 4 * deviation / Math.Sqrt(2 * values.Length));
        float most = values.Max(Math.Abs);
        Assert.IsTrue(most <= bound * 1.000001);
        if (double.IsPositiveInfinity(bound))
            Assert.IsTrue(most > 3.5 * deviation, "a normal has tails");
        else
            Assert.IsTrue(most > 0.999 * bound, "a uniform fills its range");
    }

    [TestMethod]
    [DataRow(7, 7)]
    [DataRow(5, 9)]
    [DataRow(9, 5)]
    public void OrthogonalMatricesHaveOrthonormalRowsOrColumns(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var weight = tensor(Draw(new WeightInit { Scheme = WeightScheme.Orthogonal, Scale = 2 }, rows, columns), [rows, columns]);
        var product = rows <= columns ? weight.matmul(weight.t()) : weight.t().matmul(weight);
        Assert.AreEqual(0, (product - 4 * eye(Math.Min(rows, columns))).abs().max().item<float>(), 1e-5);
    }

    [TestMethod]
    public void StackedGatesAreDrawnBlockByBlock()
    {
        using var scope = NewDisposeScope();
        var initializer = new Initializer(4, new WeightInit { Scheme = WeightScheme.Orthogonal });
        var weight = initializer.Constant(3 * 4 * 6);
        var gates = new TorchSharp.Modules.Parameter(weight.detach().view(12, 6).clone());
        initializer.SetWeight(gates, blocks: 3);
        for (int gate = 0; gate < 3; gate++)
        {
            var block = gates.detach().narrow(0, 4 * gate, 4);
            Assert.AreEqual(0, (block.matmul(block.t()) - eye(4)).abs().max().item<float>(), 1e-5);
        }
    }

    [TestMethod]
    public void TheSeedDecides()
    {
        var init = new WeightInit { Scheme = WeightScheme.He };
        CollectionAssert.AreEqual(Draw(init, 3, 4), Draw(init, 3, 4));
        CollectionAssert.AreNotEqual(Draw(init, 3, 4), Draw(new WeightInit(), 3, 4));
    }

    private static float[] Draw(WeightInit init, int rows, int columns)
    {
        using var weight = new Initializer(4, init).Weight(rows, columns);
        return weight.detach().data<float>().ToArray();
    }
}
