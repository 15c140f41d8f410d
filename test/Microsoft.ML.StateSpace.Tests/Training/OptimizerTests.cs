using Microsoft.ML.StateSpace.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Adam = Microsoft.ML.StateSpace.Training.Adam;
using AdamW = Microsoft.ML.StateSpace.Training.AdamW;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Two steps of each optimiser on w = [1, −2] with gradients [0.5, −1] and then [−0.25, 2], against the papers' recursions.</summary>
[TestClass]
public class OptimizerTests
{
    private const double Rate = 0.1;
    private static readonly double[] s_start = [1, -2];
    private static readonly double[][] s_gradients = [[0.5, -1], [-0.25, 2]];

    [TestMethod]
    public void AdamAddsItsDecayToTheGradient() =>
        Check(new Adam { Beta1 = 0.8, Beta2 = 0.99, Epsilon = 1e-3, WeightDecay = 0.3 }, AdamSteps(coupled: 0.3, decoupled: 0));

    [TestMethod]
    public void AdamWShrinksTheWeightItself() =>
        Check(new AdamW { Beta1 = 0.8, Beta2 = 0.99, Epsilon = 1e-3, WeightDecay = 0.3 }, AdamSteps(coupled: 0, decoupled: 0.3));

    [TestMethod]
    public void RmsPropDividesByTheRunningRoot()
    {
        var square = new double[2];
        var past = new double[2];
        Check(new RmsProp { Smoothing = 0.9, Epsilon = 1e-3, Momentum = 0.5, WeightDecay = 0.2 }, (w, g, i, _) =>
        {
            g += 0.2 * w;
            square[i] = 0.9 * square[i] + 0.1 * g * g;
            past[i] = 0.5 * past[i] + g / (Math.Sqrt(square[i]) + 1e-3);
            return w - Rate * past[i];
        });
    }

    [TestMethod]
    public void CenteredRmsPropTakesTheMeanOff()
    {
        var square = new double[2];
        var mean = new double[2];
        Check(new RmsProp { Smoothing = 0.9, Epsilon = 1e-3, Centered = true }, (w, g, i, _) =>
        {
            square[i] = 0.9 * square[i] + 0.1 * g * g;
            mean[i] = 0.9 * mean[i] + 0.1 * g;
            return w - Rate * g / (Math.Sqrt(square[i] - mean[i] * mean[i]) + 1e-3);
        });
    }

    [TestMethod]
    [DataRow(0.0, false)]
    [DataRow(0.9, false)]
    [DataRow(0.9, true)]
    public void GradientDescent(double momentum, bool nesterov)
    {
        var past = new double[2];
        Check(new Sgd { Momentum = momentum, Nesterov = nesterov, WeightDecay = 0.2 }, (w, g, i, _) =>
        {
            g += 0.2 * w;
            past[i] = momentum * past[i] + g;
            return w - Rate * (nesterov ? g + momentum * past[i] : past[i]);
        });
    }

    private static Func<double, double, int, int, double> AdamSteps(double coupled, double decoupled)
    {
        var mean = new double[2];
        var square = new double[2];
        return (w, g, i, step) =>
        {
            g += coupled * w;
            w -= Rate * decoupled * w;
            mean[i] = 0.8 * mean[i] + 0.2 * g;
            square[i] = 0.99 * square[i] + 0.01 * g * g;
            double unbiased = mean[i] / (1 - Math.Pow(0.8, step));
            return w - Rate * unbiased / (Math.Sqrt(square[i] / (1 - Math.Pow(0.99, step))) + 1e-3);
        };
    }

    // expected(w, gradient, entry, step counted from 1) is the weight after the step.
    private static void Check(Optimizer options, Func<double, double, int, int, double> expected)
    {
        Assert.IsEmpty(options.Validate());
        using var scope = NewDisposeScope();
        var weight = new Parameter(tensor(s_start));
        using var optimizer = options.Create([weight], Rate);
        double[] hand = [.. s_start];
        for (int step = 1; step <= s_gradients.Length; step++)
        {
            double[] gradient = s_gradients[step - 1];
            optimizer.zero_grad();
            (weight * tensor(gradient)).sum().backward();
            optimizer.step();
            for (int i = 0; i < hand.Length; i++)
            {
                hand[i] = expected(hand[i], gradient[i], i, step);
                Assert.AreEqual(hand[i], weight[i].item<double>(), 1e-12, $"step {step}, entry {i}");
            }
        }
    }
}
