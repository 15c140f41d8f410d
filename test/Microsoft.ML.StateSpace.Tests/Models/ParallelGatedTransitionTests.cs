using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Models;

[TestClass]
public class ParallelGatedTransitionTests
{
    /// <summary>Against the equations, by hand: two layers, three inputs (a latent of two and one control).</summary>
    [TestMethod]
    [DataRow(true, true)]
    [DataRow(false, true)]
    [DataRow(false, false)]
    public void FollowsTheEquations(bool ownStack, bool dependent)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var options = new ParallelGatedTransition { HiddenSize = 4, HiddenLayers = 2, Activation = Activation.Tanh, OwnVarianceStack = ownStack, VarianceDependsOnLatent = dependent };
        Assert.IsFalse(options.Validate().Any());
        var module = options.Create(3, 2, new Initializer(5));
        module.to(ScalarType.Float64);
        using var generator = new Generator(6);
        foreach (var parameter in module.parameters())
            parameter.add_(0.3 * randn(parameter.shape, ScalarType.Float64, generator: generator));
        double[] input = [0.4, -1.1, 0.7];
        double[] Layer(string name, double[] x) => Affine(module, name, x);
        double[] Stack(string name) => Tanh(Layer($"{name}.layers.1", Tanh(Layer($"{name}.layers.0", input))));
        double[] g = [.. Layer("gate", Stack("gateStack")).Select(a => 1 / (1 + Math.Exp(-a)))];
        double[] h = Layer("proposed", Stack("proposedStack")), linear = Layer("linear", input);
        double[] raw = !dependent ? Values(module, "commonVariance") : Layer("variance", Stack(ownStack ? "varianceStack" : "proposedStack"));
        var (mean, variance) = module.call(tensor(input).view(1, 3)).Moments!.Value;
        for (int d = 0; d < 2; d++)
        {
            Assert.AreEqual(g[d] * h[d] + (1 - g[d]) * linear[d], mean[0, d].item<double>(), 1e-12);
            Assert.AreEqual(Math.Log(1 + Math.Exp(raw[d])) + DiagonalGaussian.LeastVariance, variance[0, d].item<double>(), 1e-12);
        }
    }

    [TestMethod]
    public void TheLinearPathBeginsAsTheIdentity()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var module = new ParallelGatedTransition { HiddenLayers = 0 }.Create(3, 3, new Initializer(2));
        module.get_parameter("gate.bias")!.fill_(-40);
        module.get_parameter("gate.weight")!.zero_();
        var z = randn([4, 3], generator: new Generator(1));
        Assert.AreEqual(0, (module.call(z).Mean - z).abs().max().item<float>(), 1e-6);
    }

    [TestMethod]
    public void OptionsThatContradictEachOtherAreNamed()
    {
        CollectionAssert.AreEqual(new[]
        {
            "HiddenSize is 0; it must be at least 1.",
            "HiddenLayers is -1; it must be at least 0.",
            "OwnVarianceStack is set, but a variance that does not depend on z reads no stack; set VarianceDependsOnLatent.",
        }, new ParallelGatedTransition { HiddenSize = 0, HiddenLayers = -1, OwnVarianceStack = true, VarianceDependsOnLatent = false }.Validate().ToArray());
        StringAssert.StartsWith(new ParallelGatedTransition { HiddenLayers = 0, OwnVarianceStack = true }.Validate().Single(), "OwnVarianceStack is set");
    }

    private static double[] Affine(nn.Module module, string name, double[] x)
    {
        double[] weight = Values(module, $"{name}.weight"), bias = Values(module, $"{name}.bias");
        return [.. bias.Select((b, o) => b + x.Select((v, i) => v * weight[o * x.Length + i]).Sum())];
    }

    private static double[] Values(nn.Module module, string name) => module.get_parameter(name)!.reshape(-1).data<double>().ToArray();

    private static double[] Tanh(double[] x) => [.. x.Select(Math.Tanh)];
}
