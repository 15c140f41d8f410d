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
    public void NeverResampling() => AssertEvidence(ResamplingCriterion.Never, Lse(25, 5) - Math.Log(2), Lse(12, 1.5) - Math.Log(2));

    [TestMethod]
    public void AlwaysResampling() =>
        AssertEvidence(ResamplingCriterion.Always, 5 * Lse(5, 1) - 5 * Math.Log(2), 3 * Lse(4, 0.5) - 3 * Math.Log(2));

    [TestMethod]
    public void ResamplingAtStep2Only() => AssertEvidence(new StepsCriterion { Steps = [2] },
        Lse(15, 3) + Lse(10, 2) - 2 * Math.Log(2), Lse(12, 1.5) - Math.Log(2));

    [TestMethod]
    public void ResamplingEverySecondStep() => AssertEvidence(new EveryNCriterion { Every = 2 },
        2 * Lse(10, 2) + Lse(5, 1) - 3 * Math.Log(2), Lse(8, 1) + Lse(4, 0.5) - 2 * Math.Log(2));

    private static void AssertEvidence(ResamplingCriterion criterion, double first, double second)
    {
        using var scope = NewDisposeScope();
        int[] active = [2, 2, 2, 1, 1, 0];
        var weights = new ParticleWeights(2);
        for (int t = 0; t < 5; t++)
        {
            weights.Add(Increments(active[t]));
            weights.End(active[t + 1]);
            if (active[t + 1] > 0)
                weights.Reset(criterion.Fires(t, weights.LogWeights));
        }
        double[] evidence = weights.LogEvidence().data<double>().ToArray();
        Assert.AreEqual(first, evidence[0], 1e-12);
        Assert.AreEqual(second, evidence[1], 1e-12);
    }

    [TestMethod]
    public void TheCriterionIsInclusive()
    {
        using var scope = NewDisposeScope();
        // Two of four particles carry all the weight: ESS is exactly half the particles.
        var half = tensor(new[] { 0.0, 0.0, -1e9, -1e9 }, [1, 4]);
        var more = tensor(new[] { 0.0, 0.0, -3, -1e9 }, [1, 4]);
        Assert.IsTrue(ResamplingCriterion.EffectiveSampleSize.Fires(0, half).item<bool>());
        Assert.IsFalse(new EffectiveSampleSizeCriterion { Threshold = 0.4 }.Fires(0, half).item<bool>());
        Assert.IsFalse(ResamplingCriterion.EffectiveSampleSize.Fires(0, more).item<bool>());
    }
}
