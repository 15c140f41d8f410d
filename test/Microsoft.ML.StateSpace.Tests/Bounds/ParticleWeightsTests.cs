using Microsoft.ML.StateSpace.Bounds;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Bounds;

/// <summary>Deterministic increments 5, 4, 1, ½ for two particles and two sequences of lengths 5 and 3.</summary>
[TestClass]
public class ParticleWeightsTests
{
    // [row, particle] of increments laid out particle-major: particle 0 adds (5, 4), particle 1 adds (1, ½).
    private static Tensor Increments(int rows) => tensor(new double[] { 5, 1, 4, 0.5 }, [2, 2]).narrow(0, 0, rows);

    private static double Lse(params double[] values) => Math.Log(values.Sum(Math.Exp));

    [TestMethod]
    public void NeverResampling() => AssertEvidence(_ => false, Lse(25, 5) - Math.Log(2), Lse(12, 1.5) - Math.Log(2));

    [TestMethod]
    public void AlwaysResampling() => AssertEvidence(_ => true, 5 * Lse(5, 1) - 5 * Math.Log(2), 3 * Lse(4, 0.5) - 3 * Math.Log(2));

    [TestMethod]
    public void ResamplingAtStep2Only() => AssertEvidence(t => t == 2, Lse(15, 3) + Lse(10, 2) - 2 * Math.Log(2), Lse(12, 1.5) - Math.Log(2));

    private static void AssertEvidence(Func<int, bool> resamples, double first, double second)
    {
        using var scope = NewDisposeScope();
        int[] active = [2, 2, 2, 1, 1, 0];
        var weights = new ParticleWeights(2);
        for (int t = 0; t < 5; t++)
        {
            weights.Add(Increments(active[t]));
            weights.End(active[t + 1]);
            if (active[t + 1] > 0)
                weights.Resample(full([active[t + 1]], resamples(t), ScalarType.Bool), full([active[t + 1], 1], 0.3, ScalarType.Float64));
        }
        double[] evidence = weights.LogEvidence().data<double>().ToArray();
        Assert.AreEqual(first, evidence[0], 1e-12);
        Assert.AreEqual(second, evidence[1], 1e-12);
    }

    [TestMethod]
    public void SystematicOffspringStayWithinOneOfTheirExpectation()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        const int Particles = 50, Rows = 200;
        var logWeights = randn([Rows, Particles], ScalarType.Float64, generator: generator) * 2;
        var ancestors = Resampling.Systematic(logWeights, rand([Rows, 1], ScalarType.Float64, generator: generator));
        var expected = logWeights.softmax(-1) * Particles;
        var offspring = zeros([Rows, Particles], ScalarType.Float64).scatter_add_(1, ancestors, ones([Rows, Particles], ScalarType.Float64));
        Assert.IsTrue((offspring - expected).abs().max().item<double>() <= 1 + 1e-9);
        Assert.IsTrue((ancestors.narrow(1, 1, Particles - 1) - ancestors.narrow(1, 0, Particles - 1)).ge(0).all().item<bool>());
    }

    [TestMethod]
    public void TheCriterionIsInclusive()
    {
        using var scope = NewDisposeScope();
        // Two of four particles carry all the weight: ESS is exactly half the particles.
        var half = tensor(new[] { 0.0, 0.0, -1e9, -1e9 }, [1, 4]);
        var more = tensor(new[] { 0.0, 0.0, -3, -1e9 }, [1, 4]);
        Assert.IsTrue(Resampling.Fires(ResamplingCriterion.EffectiveSampleSize, half).item<bool>());
        Assert.IsFalse(Resampling.Fires(ResamplingCriterion.EffectiveSampleSize, more).item<bool>());
    }
}
