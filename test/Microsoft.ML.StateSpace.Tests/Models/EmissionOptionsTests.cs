using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Models;

[TestClass]
public class EmissionOptionsTests
{
    [TestMethod]
    public void TheDefaultGaussianIsItsLogVarianceToTheBitUnderTheNamesOfSavedModels()
    {
        using var scope = NewDisposeScope();
        // With gradients: without them rows are computed in plain numbers.
        using var module = new GaussianEmission().Create(3, 4, new Initializer(1));
        var weights = module.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        CollectionAssert.AreEquivalent(new[] { "hidden.layers.0.weight", "hidden.layers.0.bias", "mean.weight", "mean.bias", "logVariance.weight", "logVariance.bias" },
            weights.Keys);
        var (input, x) = (randn([7, 3], generator: new Generator(2)), randn([7, 4], generator: new Generator(3)));
        var h = nn.functional.linear(input, weights["hidden.layers.0.weight"], weights["hidden.layers.0.bias"]).relu();
        var mean = nn.functional.linear(h, weights["mean.weight"], weights["mean.bias"]);
        var variance = nn.functional.linear(h, weights["logVariance.weight"], weights["logVariance.bias"]).clamp(-30, 30).exp();
        Assert.IsTrue(new DiagonalGaussian(mean, variance).LogProbability(x).eq(module.LogLikelihood(input, x, null)).all().item<bool>());
        var moments = module.Moments(input);
        Assert.IsTrue(moments.Mean.eq(mean).logical_and(moments.Variance.eq(variance)).all().item<bool>());
    }

    [TestMethod]
    public void AResidualEmissionAddsItsInputToTheFirstParameterOnly()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var plain = new GaussianEmission().Create(3, 4, new Initializer(1));
        using var residual = new GaussianEmission { Residual = true }.Create(3, 4, new Initializer(1));
        var extra = residual.named_parameters().Single(p => p.name == "mean.residual").parameter;
        var source = plain.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var (name, parameter) in residual.named_parameters())
            if (source.TryGetValue(name, out var same))
                parameter.copy_(same);
        var input = randn([7, 3], generator: new Generator(2));
        var (without, with) = (plain.Moments(input), residual.Moments(input));
        Assert.IsTrue(with.Variance.eq(without.Variance).all().item<bool>());
        Assert.IsTrue(with.Mean.allclose(without.Mean + input.matmul(extra.t()), 1e-5, 1e-6));
    }

    [TestMethod]
    public void FaultsBeginWithTheOptionsName()
    {
        AssertFault("HiddenSize is 0;", new PoissonEmission { HiddenSize = 0 });
        AssertFault("Residual adds nothing", new BernoulliEmission { Residual = true, HiddenLayers = 0 });
        AssertFault("Categories is 1;", new CategoricalEmission { Categories = 1 });
        AssertFault("NadeSize is 0;", new NadeEmission { NadeSize = 0 });
        AssertFault("InitialDegreesOfFreedom is 2;", new StudentTEmission { InitialDegreesOfFreedom = 2 });
        AssertFault("BinWidth is 0;", new DiscretizedGaussianEmission { BinWidth = 0 });
        AssertFault("BinOffset is NaN;", new DiscretizedGaussianEmission { BinOffset = double.NaN });
        AssertFault("Variance.Least is -1;", new GaussianEmission { Variance = new() { Least = -1 } });
    }

    private static void AssertFault(string start, Emission emission) => StringAssert.StartsWith(emission.Validate().Single(), start);
}
