using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Contracts;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Scoring;

[TestClass]
public class SamplerTests
{
    private static readonly float[] s_controls = [0, 1, -1, 2, 0.5f, 0, 1, 0.3f];

    [TestMethod]
    public void AncestralMomentsAreTheClosedForm()
    {
        const int Count = 6000, Length = 4;
        using var networks = HandSetSystem.Create();
        var controls = new SequenceInputs(1, s_controls);
        var rows = MakeSampler(networks, new SampleOptions { Samples = Count, Length = Length }).Draw(_ => controls).ToList();
        Assert.AreEqual(Count, rows.Count);
        var z = (Mean: HandSetSystem.InitialMean, Variance: HandSetSystem.InitialVariance);
        for (int t = 0; t < Length; t++)
        {
            double previous = z.Variance;
            z = t == 0 ? z : HandSetSystem.Next(z, s_controls[t]);
            AssertMoments([.. rows.Select(r => (double)r.Latents[t])], z.Mean, z.Variance);
            AssertMoments([.. rows.Select(r => (double)r.Observations[t])], HandSetSystem.K * z.Mean + HandSetSystem.D,
                HandSetSystem.K * HandSetSystem.K * z.Variance + HandSetSystem.R);
            if (t == 0)
                continue;
            double mean = rows.Average(r => r.Latents[t]), before = rows.Average(r => r.Latents[t - 1]);
            double covariance = rows.Average(r => (r.Latents[t] - mean) * (r.Latents[t - 1] - before));
            Assert.AreEqual(HandSetSystem.A * previous, covariance, 5 * Math.Sqrt(2 * z.Variance * previous / Count), $"steps {t - 1} and {t}");
        }
    }

    [TestMethod]
    public void ContinuationsFollowTheExactFilter()
    {
        const int Count = 2000;
        using var networks = HandSetSystem.Create();
        float[] seen = [0.9f, float.NaN, 1.4f];
        var prefix = new Sequence(1, [.. seen, 7, 7, 7], id: "row", inputs: new SequenceInputs(1, s_controls)).Slice(0, 3);
        var rows = MakeSampler(networks, new SampleOptions { Samples = Count, Length = 6, PrefixLength = 3 }, particles: 4000)
            .Continue([new SamplePrefix("row", prefix, null)]).ToList();
        var z = (Mean: HandSetSystem.InitialMean, Variance: HandSetSystem.InitialVariance);
        for (int t = 0; t < 6; t++)
        {
            z = t == 0 ? z : HandSetSystem.Next(z, s_controls[t]);
            if (t < seen.Length)
                z = float.IsNaN(seen[t]) ? z : HandSetSystem.Given(z, seen[t]);
            else
                // The filter's own error stands beside that of the samples.
                AssertMoments([.. rows.Select(r => (double)r.Observations[t])], HandSetSystem.K * z.Mean + HandSetSystem.D,
                    HandSetSystem.K * HandSetSystem.K * z.Variance + HandSetSystem.R, slack: 2);
        }
    }

    [TestMethod]
    public void MeanRollOutIsTheMeansOwnRecursion()
    {
        using var networks = HandSetSystem.Create();
        var controls = new SequenceInputs(1, s_controls);
        var options = new SampleOptions { Samples = 2, Length = 6, Mode = SampleMode.Mean };
        var rows = MakeSampler(networks, options).Draw(_ => controls).Concat(MakeSampler(networks, options, seed: 9).Draw(_ => controls)).ToList();
        double mean = HandSetSystem.InitialMean;
        for (int t = 0; t < 6; t++)
        {
            mean = t == 0 ? mean : HandSetSystem.A * mean + HandSetSystem.B * s_controls[t] + HandSetSystem.C;
            foreach (var row in rows)
            {
                Assert.AreEqual(mean, row.Latents[t], 1e-5);
                Assert.AreEqual(HandSetSystem.K * mean + HandSetSystem.D, row.Observations[t], 1e-5);
            }
        }
    }

    [TestMethod]
    public void OtherControlsMeetTheSameNoise()
    {
        using var networks = HandSetSystem.Create();
        var whole = new Sequence(1, s_controls.Select((_, i) => 0.2f * i).ToArray(), id: "row", inputs: new SequenceInputs(1, s_controls));
        var prefix = whole.Slice(0, 2);
        var sampler = MakeSampler(networks, new SampleOptions { Samples = 3, Length = 8, PrefixLength = 2 });
        float[] same = s_controls[2..], other = [.. same];
        other[3] += 2;
        var own = sampler.Continue([new SamplePrefix("row", prefix, null)]).ToList();
        var equal = sampler.Continue([new SamplePrefix("row", prefix, new SequenceInputs(1, same))]).ToList();
        var changed = sampler.Continue([new SamplePrefix("row", prefix, new SequenceInputs(1, other))]).ToList();
        for (int n = 0; n < 3; n++)
        {
            CollectionAssert.AreEqual(own[n].Observations, equal[n].Observations);
            CollectionAssert.AreEqual(own[n].Observations[..5], changed[n].Observations[..5], "before the change");
            for (int t = 5; t < 8; t++)
                Assert.AreEqual(HandSetSystem.K * HandSetSystem.B * 2 * Math.Pow(HandSetSystem.A, t - 5), changed[n].Observations[t] - own[n].Observations[t], 1e-4);
        }
    }

    [TestMethod]
    [DataRow(SampleMode.Ancestral)]
    [DataRow(SampleMode.Mean)]
    public void ASampleDependsOnItsPrefixAndNumberOnly(SampleMode mode)
    {
        using var networks = Nonlinear();
        var prefixes = Prefixes(4);
        var options = new SampleOptions { Samples = 4, Length = 9, PrefixLength = 3, Mode = mode };
        var together = MakeSampler(networks, options).Continue(prefixes).ToList();
        Assert.AreEqual(16, together.Count);
        var alone = MakeSampler(networks, options with { Samples = 70 }).Continue([prefixes[2]]).ToList();
        for (int n = 0; n < 4; n++)
        {
            Assert.AreEqual(alone[n].SequenceId, together[8 + n].SequenceId);
            CollectionAssert.AreEqual(alone[n].Observations, together[8 + n].Observations);
            CollectionAssert.AreEqual(alone[n].Latents, together[8 + n].Latents);
        }
        // Samples go on from particles of their own, so that even means differ, where two do not happen to go on from the same.
        Assert.IsTrue(together.Select(r => string.Join(" ", r.Latents[9..])).Distinct().Count() >= (mode == SampleMode.Mean ? 12 : 16));
        var otherSeed = MakeSampler(networks, options, seed: 5).Continue([prefixes[2]]).ToList();
        CollectionAssert.AreNotEqual(alone[0].Latents, otherSeed[0].Latents);
    }

    public static IEnumerable<object[]> PathModels =>
        from model in Parts.PathModels.Keys from length in new[] { 1, 3 } from mode in Enum.GetValues<SampleMode>() select new object[] { model, length, mode };

    [TestMethod]
    [DynamicData(nameof(PathModels))]
    public void AModelWithAPathGoesOnFromIt(string name, int prefixLength, SampleMode mode)
    {
        var parts = new ModelParts(Parts.PathModels[name], new PriorProposal(), new FilteringProposal(), new DataShape(4), ReadsMask: true);
        using var networks = parts.Create(11);
        networks.eval();
        bool binary = networks.Generative.Emission is BernoulliEmissionModule;
        List<SamplePrefix> prefixes = [.. RandomSequences.Make(8, 4, 8, binary: binary).Where(s => s.Length >= 3).Take(2).Select((s, i) => new SamplePrefix($"p{i}", s.Slice(0, prefixLength), null))];
        var options = new SampleOptions { Samples = 3, Length = 6, PrefixLength = prefixLength, Mode = mode };
        var rows = MakeSampler(networks, options).Continue(prefixes).ToList();
        Assert.AreEqual(6, rows.Count);
        Assert.IsTrue(rows.Select(r => string.Join(" ", r.Observations)).Distinct().Count() >= (mode == SampleMode.Mean ? 4 : 6));
        Assert.IsTrue(rows.All(r => r.Observations.All(float.IsFinite) && r.Observations.Length == 24));
        var alone = MakeSampler(networks, options).Continue([prefixes[1]]).ToList();
        for (int n = 0; n < 3; n++)
            CollectionAssert.AreEqual(rows[3 + n].Observations, alone[n].Observations);
        Assert.AreEqual(3, MakeSampler(networks, options with { PrefixLength = 0 }).Draw(null).Count());
    }

    [TestMethod]
    public void SequencesFromNothingDependOnTheirNumberOnly()
    {
        using var networks = Nonlinear();
        var many = MakeSampler(networks, new SampleOptions { Samples = 70, Length = 5 }).Draw(null).ToList();
        var few = MakeSampler(networks, new SampleOptions { Samples = 3, Length = 5 }).Draw(null).ToList();
        Assert.AreEqual(70, many.Count);
        Assert.AreEqual(70, many.Select(r => r.SequenceId).Distinct().Count());
        Assert.AreEqual(70, many.Select(r => string.Join(" ", r.Latents)).Distinct().Count());
        for (int n = 0; n < 3; n++)
        {
            CollectionAssert.AreEqual(many[n].Observations, few[n].Observations);
            Assert.AreEqual(5 * 4, few[n].Observations.Length);
            Assert.AreEqual(5 * 3, few[n].Latents.Length);
            Assert.IsTrue(few[n].Latents.All(float.IsFinite));
        }
    }

    [TestMethod]
    public void ThePrefixStaysAsItWas()
    {
        using var networks = Nonlinear();
        foreach (var (row, prefix) in MakeSampler(networks, new SampleOptions { Length = 7, PrefixLength = 3 }).Continue(Prefixes(4)).Zip(Prefixes(4)))
        {
            for (int i = 0; i < 3 * 4; i++)
                Assert.AreEqual(prefix.Steps.IsObserved(i / 4, i % 4) ? prefix.Steps.Observations[i] : float.NaN, row.Observations[i]);
            Assert.AreEqual(7 * 4, row.Observations.Length);
            Assert.IsTrue(row.Observations[12..].All(x => x is 0 or 1));
            Assert.IsTrue(row.Latents[..9].All(float.IsNaN));
            Assert.IsTrue(row.Latents[9..].All(float.IsFinite));
        }
    }

    /// <summary>Finite values whose squares overflow Single: weights say nothing, and draws that go on from them might look sound.</summary>
    [TestMethod]
    [DataRow(FilterMethod.Particle)]
    [DataRow(FilterMethod.Unscented)]
    public void APrefixWithoutALikelihoodIsRefused(FilterMethod method)
    {
        using var networks = HandSetSystem.Create();
        var prefix = new Sequence(1, [1, 3e38f, 1], id: "row", inputs: new SequenceInputs(1, s_controls));
        var sampler = new Sampler(networks, new SampleOptions { Length = 6, PrefixLength = 3 }, new ScoringOptions { Particles = 20, Filter = method }, CPU);
        var error = Assert.ThrowsExactly<ArithmeticException>(() => sampler.Continue([new SamplePrefix("row", prefix, null)]).ToList());
        StringAssert.StartsWith(error.Message, "prefix 'row': the prefix's likelihood is not finite");
    }

    [TestMethod]
    [DataRow(SampleMode.Ancestral)]
    [DataRow(SampleMode.Mean)]
    public void StepsThatGrowWithoutEndAreNamed(SampleMode mode)
    {
        using var networks = HandSetSystem.Create();
        using (no_grad())
            networks.Generative.get_parameter("transition.mean.weight")![0, 0].fill_(10);
        var sampler = MakeSampler(networks, new SampleOptions { Length = 60, Mode = mode });
        string message = Assert.ThrowsExactly<ArithmeticException>(() => sampler.Draw(_ => new SequenceInputs(1, new float[60])).ToList()).Message;
        StringAssert.Matches(message, new System.Text.RegularExpressions.Regex(@"^sample-00000: x of step (3[789]|4[01]) is -?(∞|Infinity)"));
        Assert.IsTrue(MakeSampler(networks, new SampleOptions { Length = 20, Mode = mode }).Draw(_ => new SequenceInputs(1, new float[60])).Any());
    }

    [TestMethod]
    public void AMeanWithoutAClosedFormIsAnAverageOfDraws()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var options = new DeepMarkovModel { LatentSize = 2, Augmented = true };
        using var model = new DeepMarkovModule(options, new DataShape(3), options.Transition.Create, (_, _, _) => new CoinEmission(), new Initializer(1));
        using var noise = new RowNoise(1, [1, 2], 128);
        var inputs = FutureInputs.Of(model.Data, [new Future(SequenceInputs.None, 0), new Future(SequenceInputs.None, 0)], 1, CPU)[0];
        var step = RollOut.MeanStep(model, null, inputs, noise);
        CollectionAssert.AreEqual(new long[] { 2, 3 }, step.Sample.shape);
        Assert.AreSame(step.Sample, step.State.Observation, "what is fed back is the mean");
        foreach (float mean in step.Sample.data<float>().ToArray())
        {
            Assert.AreEqual(0.3, mean, 5 * Math.Sqrt(0.3 * 0.7 / 128));
            Assert.AreEqual(0, mean * 128 % 1, 1e-4, "an average of 128 draws of 0 and 1");
        }
    }

    private static Sampler MakeSampler(StateSpaceNetworks networks, SampleOptions options, int particles = 100, int seed = 2) =>
        new(networks, options, new ScoringOptions { Particles = particles, Seed = seed }, CPU);

    private static List<SamplePrefix> Prefixes(int count) =>
        [.. RandomSequences.Make(4 * count, 4, 8, missing: 0.2, binary: true).Where(s => s.Length >= 3).Take(count).Select((s, i) => new SamplePrefix($"p{i}", s.Slice(0, 3), null))];

    private static StateSpaceNetworks Nonlinear()
    {
        var model = new DeepMarkovModel
        {
            LatentSize = 3,
            Augmented = true,
            Transition = new GatedTransition { HiddenSize = 5 },
            Emission = new BernoulliEmission { HiddenSize = 6, ReadsPreviousObservation = true },
        };
        var networks = new ModelParts(model, new StructuredInference { HiddenSize = 6 }, new FilteringProposal(), new DataShape(4), ReadsMask: true).Create(11);
        networks.eval();
        return networks;
    }

    private static void AssertMoments(double[] values, double mean, double variance, double slack = 1)
    {
        double found = values.Average(), spread = values.Average(v => (v - found) * (v - found));
        Assert.AreEqual(mean, found, slack * 5 * Math.Sqrt(variance / values.Length));
        Assert.AreEqual(variance, spread, slack * 5 * variance * Math.Sqrt(2.0 / values.Length));
    }

    // 1 with probability 0.3, and no mean that it knows of.
    private sealed class CoinEmission() : EmissionModule("coin")
    {
        public override bool HasMean => false;

        public override Tensor Mean(Tensor latent) => throw new NotSupportedException();

        public override Tensor Sample(Tensor latent, Tensor uniform) => uniform.lt(0.3).to(latent.dtype);

        public override void StartAt(Tensor mean, Tensor variance) => throw new NotSupportedException();

        protected override Tensor LogDensities(Tensor latent, Tensor observation) => throw new NotSupportedException();
    }
}
