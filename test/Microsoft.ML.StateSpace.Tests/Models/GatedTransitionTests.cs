using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Models;

[TestClass]
public class GatedTransitionTests
{
    /// <summary>Krishnan et al. 2017, eq. 9–10, by hand: three inputs (a latent of two and one control).</summary>
    [TestMethod]
    public void FollowsTheEquations()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var module = new GatedTransition { HiddenSize = 4 }.Create(3, 2, new Initializer(5));
        module.to(ScalarType.Float64);
        using var generator = new Generator(6);
        foreach (var parameter in module.parameters())
            parameter.add_(0.3 * randn(parameter.shape, ScalarType.Float64, generator: generator));
        double[] input = [0.4, -1.1, 0.7];
        double[] Layer(string name, double[] x)
        {
            double[] weight = Values($"{name}.weight"), bias = Values($"{name}.bias");
            return [.. bias.Select((b, o) => b + x.Select((v, i) => v * weight[o * x.Length + i]).Sum())];
        }
        double[] Values(string name) => module.get_parameter(name)!.reshape(-1).data<double>().ToArray();
        double[] Relu(double[] x) => [.. x.Select(a => Math.Max(0, a))];
        // One product makes both hidden layers: the gate's first.
        double[] hidden = Relu(Layer("hidden", input));
        double[] g = [.. Layer("gate", hidden[..4]).Select(a => 1 / (1 + Math.Exp(-a)))];
        double[] h = Layer("proposed", hidden[4..]), linear = Layer("linear", input), raw = Layer("variance", Relu(h));
        var (mean, variance) = module.call(tensor(input).view(1, 3)).Moments!.Value;
        for (int d = 0; d < 2; d++)
        {
            Assert.AreEqual(g[d] * h[d] + (1 - g[d]) * linear[d], mean[0, d].item<double>(), 1e-12);
            Assert.AreEqual(Math.Log(1 + Math.Exp(raw[d])) + DiagonalGaussian.LeastVariance, variance[0, d].item<double>(), 1e-12);
        }
    }

    /// <summary>W_μ is the identity and b_μ is 0 before training.</summary>
    [TestMethod]
    public void TheLinearPathBeginsAsTheIdentity()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var module = new GatedTransition().Create(3, 3, new Initializer(2));
        module.get_parameter("gate.weight")!.zero_();
        module.get_parameter("gate.bias")!.fill_(-40);
        var z = randn([4, 3], generator: new Generator(1));
        Assert.AreEqual(0, (module.call(z).Mean - z).abs().max().item<float>(), 1e-6);
    }
}
