using Microsoft.ML.StateSpace.Data;
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

/// <summary>Sequences that are evaluated window by window have the bounds that they have whole.</summary>
[TestClass]
public class WindowedEvaluationTests
{
    private const string ReadsAhead = "per-step-linear-smoothing";

    public static IEnumerable<object[]> Rows =>
        from model in new[] { "gated", "vrnn-lstm", "srnn-gru" }
        from network in Parts.Networks.Keys
        where !Parts.Networks[network].FaultsWith(Parts.Model(model, "gaussian")).Any()
        select new object[] { model, network };

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void WindowsChangeNothing(string model, string network)
    {
        using var networks = new ModelParts(Parts.Model(model, "gaussian"), Parts.Networks[network], new FilteringProposal(), new DataShape(3), ReadsMask: true).Create(3);
        networks.to(ScalarType.Float64);
        bool readsWhole = network == ReadsAhead || (model == "srnn-gru" && network == "smoothing-path");
        Assert.AreEqual(!readsWhole, networks.Inference.EncodesWindows);
        // 102 particles are two groups.
        foreach (int particles in new[] { 3, 102 })
        {
            var (whole, traces) = Evaluate(networks, particles, longestWindow: 1000);
            foreach (int steps in new[] { 1, 4 })
            {
                var (windowed, own) = Evaluate(networks, particles, steps);
                AssertClose(whole, windowed);
                for (int i = 0; i < traces.Count; i++)
                    CollectionAssert.AreEqual(traces[i].Resampled, own[i].Resampled);
            }
        }
    }

    [TestMethod]
    [DataRow(FilterMethod.Auto, true)]
    [DataRow(FilterMethod.Auto, false)]
    [DataRow(FilterMethod.Unscented, false)]
    public void ALongSequenceIsFilteredAsAShortOneIs(FilterMethod method, bool linear)
    {
        using var networks = new ModelParts(linear ? new LinearGaussianModel { LatentSize = 2 } : new DeepMarkovModel { LatentSize = 2 },
            new StructuredInference { HiddenSize = 6, Cell = RnnCell.Gru }, new FilteringProposal(), new DataShape(3), ReadsMask: true).Create(4);
        var rows = RandomSequences.Make(4, 3, 9, missing: 0.2);
        var options = new EvaluationOptions { Particles = 2, FilterParticles = 20 };
        var whole = new BoundEvaluator(networks, options, CPU, filter: method).Evaluate(rows).Filter!;
        var stepped = new BoundEvaluator(networks, options, CPU, filter: method) { LongestWindow = 3 }.Evaluate(rows).Filter!;
        Assert.AreEqual(whole.Kind, stepped.Kind);
        Assert.AreEqual(whole.LogLikelihood.PerSequence, stepped.LogLikelihood.PerSequence, 1e-6);
        Assert.AreEqual(whole.EffectiveSampleSize, stepped.EffectiveSampleSize, 1e-6);
    }

    private static (BoundMetrics Metrics, List<ParticleTrace> Traces) Evaluate(StateSpaceNetworks networks, int particles, int longestWindow)
    {
        var traces = new List<ParticleTrace>();
        var options = new EvaluationOptions { Particles = particles, Trace = traces.Add };
        var metrics = new BoundEvaluator(networks, options, CPU, ScalarType.Float64) { LongestWindow = longestWindow }
            .Evaluate(RandomSequences.Make(5, 3, 11, missing: 0.1));
        return (metrics, [.. traces.OrderBy(trace => trace.Place)]);
    }

    private static void AssertClose(BoundMetrics a, BoundMetrics b)
    {
        foreach (var (one, other) in new[] { (a.Elbo, b.Elbo), (a.ImportanceSampled, b.ImportanceSampled), (a.Fivo, b.Fivo) })
            Assert.AreEqual(one.PerSequence, other.PerSequence, 1e-9 * Math.Abs(one.PerSequence));
        foreach (var (one, other) in (a.FreeEnergy ?? []).Zip(b.FreeEnergy ?? []))
            Assert.AreEqual(one, other, 1e-9 * Math.Abs(one));
    }
}
