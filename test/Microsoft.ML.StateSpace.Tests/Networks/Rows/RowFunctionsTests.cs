using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Rows;

namespace Microsoft.ML.StateSpace.Tests.Networks.Rows;

/// <summary>Nonlinearities in vectors against the same in float64.</summary>
[TestClass]
public class RowFunctionsTests
{
    private static readonly Dictionary<Activation, Func<double, double>> s_exact = new()
    {
        [Activation.Relu] = x => Math.Max(x, 0),
        [Activation.Tanh] = Math.Tanh,
        [Activation.Elu] = x => x > 0 ? x : Math.Abs(x) < 1e-3 ? x + x * x / 2 + x * x * x / 6 : Math.Exp(x) - 1,
        // log(1 + t) of a small t is t − t²/2.
        [Activation.Softplus] = x => Math.Max(x, 0) + (Math.Abs(x) > 15 ? Math.Exp(-Math.Abs(x)) - Math.Exp(-2 * Math.Abs(x)) / 2 : Math.Log(1 + Math.Exp(-Math.Abs(x)))),
    };

    [TestMethod]
    [DataRow(Activation.Relu, 0.0)]
    [DataRow(Activation.Tanh, 3e-7)]
    [DataRow(Activation.Elu, 1.5e-6)]
    [DataRow(Activation.Softplus, 5e-7)]
    public void ValuesAreExactToRounding(Activation activation, double tolerance)
    {
        float[] x = [.. Enumerable.Range(-40_000, 80_001).Select(i => i / 1000f), .. Enumerable.Range(-36, 60).SelectMany(e => new[] { MathF.Pow(2, e) / 8, -MathF.Pow(2, e) / 8 }).Where(v => MathF.Abs(v) < 80)];
        float[] y = [.. x];
        RowFunctions.Apply(activation, y);
        for (int i = 0; i < x.Length; i++)
        {
            double exact = s_exact[activation](x[i]);
            Assert.IsTrue(Math.Abs(y[i] - exact) <= tolerance * Math.Abs(exact), $"{activation}({x[i]:r}) is {y[i]:r}, not {exact:r}");
        }
    }

    [TestMethod]
    public void ANumbersPlaceChangesNoBit()
    {
        var random = new Random(1);
        float[] x = [.. Enumerable.Range(0, 67).Select(_ => (float)(random.NextDouble() * 20 - 10))];
        foreach (var activation in Enum.GetValues<Activation>())
        {
            float[] together = [.. x];
            RowFunctions.Apply(activation, together);
            for (int i = 0; i < x.Length; i++)
            {
                float[] alone = [x[i]];
                RowFunctions.Apply(activation, alone);
                Assert.AreEqual(alone[0], together[i], $"{activation}, place {i}");
            }
        }
    }

    [TestMethod]
    public void WhatIsNoNumberStaysNone()
    {
        foreach (var activation in Enum.GetValues<Activation>())
        {
            float[] x = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1e30f, -1e30f];
            RowFunctions.Apply(activation, x);
            Assert.IsTrue(float.IsNaN(x[0]), $"{activation}(NaN) is {x[0]}");
            float most = activation == Activation.Tanh ? 1 : float.PositiveInfinity;
            Assert.AreEqual(most, x[1], 1e-6f, $"{activation}(∞)");
            float least = activation switch { Activation.Tanh or Activation.Elu => -1, _ => 0 };
            Assert.AreEqual(least, x[2], 1e-6f, $"{activation}(−∞)");
            Assert.AreEqual(activation == Activation.Tanh ? 1 : 1e30f, x[3], 1e24f);
            Assert.AreEqual(least, x[4], 1e-6f, $"{activation}(−1e30)");
        }
    }
}
