using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Bounds;

[TestClass]
public class ResamplingTests
{
    private const int Particles = 12;

    private static readonly Dictionary<string, ResamplingScheme> s_schemes = new()
    {
        ["multinomial"] = new MultinomialResampling(),
        ["systematic"] = new SystematicResampling(),
        ["stratified"] = new StratifiedResampling(),
    };

    [TestMethod]
    [DataRow("multinomial")]
    [DataRow("systematic")]
    [DataRow("stratified")]
    public void OffspringHaveTheMeanOfTheWeights(string scheme)
    {
        using var scope = NewDisposeScope();
        const int Rows = 20_000;
        var (weights, offspring) = Offspring(s_schemes[scheme], Rows, sameWeights: true);
        var expected = weights[0] * Particles;
        var error = offspring.std(0) / Math.Sqrt(Rows);
        Assert.IsTrue(((offspring.mean([0]) - expected).abs() <= 5 * error + 1e-9).all().item<bool>(), scheme);
    }

    [TestMethod]
    [DataRow("systematic", 1.0)]
    [DataRow("stratified", 2.0)]
    public void OffspringStayNearTheirExpectation(string scheme, double most)
    {
        using var scope = NewDisposeScope();
        var (weights, offspring) = Offspring(s_schemes[scheme], 3000, sameWeights: false);
        Assert.IsTrue((offspring - weights * Particles).abs().max().item<double>() <= most + 1e-9);
    }

    [TestMethod]
    public void SystematicAncestorsAreInOrder()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var ancestors = Resampling.Systematic(randn([100, Particles], ScalarType.Float64, generator: generator),
            rand([100, 1], ScalarType.Float64, generator: generator));
        Assert.IsTrue((ancestors.narrow(1, 1, Particles - 1) - ancestors.narrow(1, 0, Particles - 1)).ge(0).all().item<bool>());
    }

    [TestMethod]
    public void MultinomialDrawsPassAChiSquareTest()
    {
        using var scope = NewDisposeScope();
        const int Rows = 4000;
        var (weights, offspring) = Offspring(s_schemes["multinomial"], Rows, sameWeights: true);
        var expected = weights[0] * Particles * Rows;
        double statistic = ((offspring.sum([0]) - expected).square() / expected).sum().item<double>();
        // χ² of 11 degrees of freedom: 31.3 is exceeded once in a thousand times.
        Assert.IsTrue(statistic < 31.3, $"{statistic}");
    }

    [TestMethod]
    public void LogProbabilitiesAreThoseOfTheDraws()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        const int Few = 3, Rows = 40_000;
        var logWeights = tensor(new[] { 0.3, -0.6, 0.1 }, [1, Few]);
        var chosen = new MultinomialResampling();
        var drawn = chosen.Ancestors(logWeights.expand(Rows, Few).contiguous(),
            rand([Rows, chosen.UniformsPerRow(Few)], ScalarType.Float64, generator: generator));
        long[] codes = (drawn[.., 0] * 9 + drawn[.., 1] * 3 + drawn[.., 2]).data<long>().ToArray();
        double total = 0;
        foreach (var group in codes.GroupBy(code => code))
        {
            var ancestors = tensor(new[] { group.Key / 9, group.Key / 3 % 3, group.Key % 3 }, [1, Few]);
            double probability = Math.Exp(chosen.LogProbability(logWeights, ancestors).item<double>());
            double frequency = group.Count() / (double)Rows;
            Assert.AreEqual(probability, frequency, 5 * Math.Sqrt(probability * (1 - probability) / Rows) + 1e-9, $"{group.Key}");
            total += probability;
        }
        Assert.AreEqual(1, total, 1e-3);
    }

    [TestMethod]
    public void RelaxedOffspringBecomeDrawnOnesAsTheTemperatureFalls()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(6);
        var logWeights = randn([50, Particles], ScalarType.Float64, generator: generator);
        var uniform = rand([50, Particles * Particles], ScalarType.Float64, generator: generator);
        var fires = ones([50], ScalarType.Bool);
        var state = new ModelState(randn([Particles, 50, 2], ScalarType.Float64, generator: generator));
        double Distance(double temperature)
        {
            var relaxed = new RelaxedResampling { Temperature = temperature };
            var hard = new DrawnOffspring(relaxed.Ancestors(logWeights, uniform)).Of(state).Latent;
            return (relaxed.Draw(logWeights, fires, uniform).Of(state).Latent - hard).abs().mean().item<double>();
        }
        double[] distances = [.. new[] { 1, 0.1, 0.01, 1e-5 }.Select(Distance)];
        for (int i = 1; i < distances.Length; i++)
            Assert.IsTrue(distances[i] < 0.5 * distances[i - 1], string.Join(", ", distances));
        Assert.AreEqual(0, distances[^1], 1e-3);
        // In the limit it is multinomial resampling: ancestors have the weights' frequencies.
        var shares = zeros([50, Particles], ScalarType.Float64);
        for (int i = 0; i < 400; i++)
            shares += new RelaxedResampling { Temperature = 1e-6 }.Draw(logWeights, fires,
                rand([50, Particles * Particles], ScalarType.Float64, generator: generator)) is BlendedOffspring { Shares: var blend } ? blend.mean([1]) / 400 : 0;
        Assert.AreEqual(0, (shares - logWeights.softmax(-1)).abs().max().item<double>(), 0.05);
    }

    [TestMethod]
    public void RowsThatDoNotFireKeepTheirParticles()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        var logWeights = randn([2, Particles], ScalarType.Float64, generator: generator);
        var fires = tensor(new[] { true, false });
        var state = new ModelState(randn([Particles, 2, 3], ScalarType.Float64, generator: generator), null, [ones(2, 4)]);
        foreach (ResamplingScheme scheme in (ResamplingScheme[])[.. s_schemes.Values, new RelaxedResampling()])
        {
            var offspring = scheme.Draw(logWeights, fires, rand([2, scheme.UniformsPerRow(Particles)], ScalarType.Float64, generator: generator));
            var after = offspring.Of(state);
            Assert.IsTrue(after.Latent.narrow(1, 1, 1).eq(state.Latent.narrow(1, 1, 1)).all().item<bool>(), $"{scheme}");
            Assert.IsFalse(after.Latent.narrow(1, 0, 1).eq(state.Latent.narrow(1, 0, 1)).all().item<bool>(), $"{scheme}");
            Assert.IsTrue(offspring.Of(logWeights)[1].eq(logWeights[1]).all().item<bool>());
            CollectionAssert.AreEqual(new long[] { 2, 4 }, after.Path[0].shape);
        }
    }

    // The weights, and how many offspring each particle left, [row, particle].
    private static (Tensor Weights, Tensor Offspring) Offspring(ResamplingScheme scheme, int rows, bool sameWeights)
    {
        using var generator = new Generator(3);
        var logWeights = (randn([sameWeights ? 1 : rows, Particles], ScalarType.Float64, generator: generator) * 1.5).expand(rows, Particles).contiguous();
        var ancestors = scheme.Ancestors(logWeights, rand([rows, scheme.UniformsPerRow(Particles)], ScalarType.Float64, generator: generator));
        return (logWeights.softmax(-1),
            zeros([rows, Particles], ScalarType.Float64).scatter_add_(1, ancestors, ones([rows, Particles], ScalarType.Float64)));
    }
}
