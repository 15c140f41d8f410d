using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Models;

[TestClass]
public class NadeTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    [DataRow(10)]
    public void AllConfigurationsOfTheObservedSumToOne(int size)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var module = Make(size);
        var (all, input) = (Configurations(size), tensor(new[] { 0.3, -0.8 }).expand(1 << size, -1));
        Assert.AreEqual(1, module.LogLikelihood(input, all, null).exp().sum().item<double>(), 1e-12);
        var observed = (arange(size, ScalarType.Float64) % 3).ne(1).to(ScalarType.Float64);
        int hidden = size - (int)observed.sum().item<double>();
        double total = module.LogLikelihood(input, all, observed.expand_as(all)).exp().sum().item<double>();
        Assert.AreEqual(1, total / (1 << hidden), 1e-12);
    }

    [TestMethod]
    public void SamplesHaveTheProbabilitiesOfTheirConfigurations()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        const int Samples = 100_000;
        using var module = Make(3);
        var input = tensor(new[] { -0.5, 0.4 }).unsqueeze(0);
        double[] expected = module.LogLikelihood(input.expand(8, -1), Configurations(3), null).exp().data<double>().ToArray();
        var drawn = module.Sample(input.expand(Samples, -1), rand([Samples, 3], ScalarType.Float64, generator: new Generator(4)));
        long[] code = (drawn * tensor(new[] { 1.0, 2, 4 })).sum(-1).to(ScalarType.Int64).data<long>().ToArray();
        for (int k = 0; k < 8; k++)
            Assert.AreEqual(expected[k], code.Count(c => c == k) / (double)Samples, 5 * Math.Sqrt(expected[k] * (1 - expected[k]) / Samples));
        // Independent dimensions would not pass.
        double dependence = new[] { (1, 2), (1, 4), (2, 4) }.Max(p =>
            Math.Abs(Sum(expected, p.Item1 | p.Item2) - Sum(expected, p.Item1) * Sum(expected, p.Item2)));
        Assert.IsGreaterThan(0.01, dependence);
    }

    private static double Sum(double[] mass, int bits) => mass.Where((_, k) => (k & bits) == bits).Sum();

    private static EmissionModule Make(int size)
    {
        var module = new NadeEmission { HiddenSize = 3, NadeSize = 7 }.Create(2, size, new Initializer(1));
        module.to(ScalarType.Float64);
        using var guard = no_grad();
        using var generator = new Generator(2);
        foreach (var parameter in module.parameters())
            parameter.copy_(1.5 * randn(parameter.shape, ScalarType.Float64, generator: generator));
        return module;
    }

    private static Tensor Configurations(int size) =>
        tensor([.. from k in Enumerable.Range(0, 1 << size) from d in Enumerable.Range(0, size) select (double)((k >> d) & 1)], [1 << size, size]);
}
