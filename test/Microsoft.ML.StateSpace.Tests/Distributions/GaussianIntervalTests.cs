using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Distributions;

[TestClass]
public class GaussianIntervalTests
{
    private static readonly double[] s_middles = [0, 1e-9, 3e-5, 0.01, 0.5, 1.2, 5, 9, 40, 300, 1e4, 1e6];
    private static readonly double[] s_widths = [1e-12, 1e-7, 0.99e-4, 1.01e-4, 1e-3, 0.02, 0.7, 3, 25];

    [TestMethod]
    public void IsTheIntegralEverywhere()
    {
        using var scope = NewDisposeScope();
        foreach (double m in s_middles)
            foreach (double w in s_widths)
            {
                double expected = Integral(m, w).Log;
                foreach (int sign in new[] { 1, -1 })
                    Assert.AreEqual(expected, LogProbability(sign * m, w).item<double>(), 2e-9 * Math.Max(1, Math.Abs(expected)), $"m {sign * m}, w {w}");
            }
    }

    [TestMethod]
    public void GradientsAreTheDensitiesAtTheEnds()
    {
        using var scope = NewDisposeScope();
        foreach (double m in s_middles)
            foreach (double w in s_widths)
            {
                var (middle, width) = (tensor(m).requires_grad_(), tensor(w).requires_grad_());
                GaussianInterval.LogProbability(middle, width).backward();
                var (_, ofMiddle, ofWidth) = Integral(m, w);
                Assert.AreEqual(ofMiddle, middle.grad!.item<double>(), 1e-6 * Math.Max(1, Math.Abs(ofMiddle)), $"d/dm at m {m}, w {w}");
                Assert.AreEqual(ofWidth, width.grad!.item<double>(), 1e-6 * Math.Max(m, Math.Abs(ofWidth)), $"d/dw at m {m}, w {w}");
            }
    }

    [TestMethod]
    public void FineBinsInFloat32AgreeWithTheDensity()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var options = new DiscretizedGaussianEmission { HiddenLayers = 0, BinWidth = 1e-9 };
        using var fine = options.Create(2, 3, new Initializer(1));
        using var smooth = new GaussianEmission { HiddenLayers = 0 }.Create(2, 3, new Initializer(1));
        var (input, x) = (randn([50, 2], generator: new Generator(2)), 3 * randn([50, 3], generator: new Generator(3)));
        var difference = fine.LogLikelihood(input, x, null) - smooth.LogLikelihood(input, x, null) - 3 * Math.Log(1e-9);
        Assert.IsLessThan(1e-4, difference.abs().max().item<float>());
    }

    [TestMethod]
    public void SamplesLieOnTheGrid()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var module = new DiscretizedGaussianEmission { BinWidth = 0.125, BinOffset = 0.03125 }.Create(2, 3, new Initializer(1));
        var places = (module.Sample(randn([200, 2], generator: new Generator(2)), rand([200, 3], generator: new Generator(3))) - 0.03125) / 0.125;
        Assert.IsTrue(places.eq(places.round()).all().item<bool>());
        Assert.IsGreaterThan(5, places.unique().output.numel());
    }

    private static Tensor LogProbability(double m, double w) => GaussianInterval.LogProbability(tensor(m), tensor(w));

    // φ(m) ∫ e^(−ms − s²/2) ds over |s| ≤ w/2 by Simpson's rule where the integrand is not negligible, and its logarithm's
    // derivatives −m − E[s] and half the sum of the normalised integrand at both ends.
    private static (double Log, double ByMiddle, double ByWidth) Integral(double m, double w)
    {
        double left = -w / 2, peak = Math.Max(left, -m);
        double top = -m * peak - 0.5 * peak * peak;
        double At(double s) => Math.Exp(-m * s - 0.5 * s * s - top);
        double from = Math.Max(left, peak - 12), to = Math.Min(w / 2, peak + Math.Min(12, 40 / Math.Max(m + peak, 1e-300)));
        const int Cells = 20_000;
        double step = (to - from) / Cells, sum = 0, first = 0;
        for (int i = 0; i <= Cells; i++)
        {
            double s = from + i * step, share = (i is 0 or Cells ? 1 : i % 2 == 1 ? 4 : 2) * At(s) * step / 3;
            sum += share;
            first += share * s;
        }
        return (-0.5 * m * m - 0.5 * Math.Log(2 * Math.PI) + top + Math.Log(sum), -m - first / sum, 0.5 * (At(left) + At(w / 2)) / sum);
    }
}
