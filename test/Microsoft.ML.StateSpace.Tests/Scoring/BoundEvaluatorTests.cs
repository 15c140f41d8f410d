using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Scoring;

[TestClass]
public class BoundEvaluatorTests
{
    private static readonly List<Sequence> s_sequences = RandomSequences.Make(9, 3, 7, missing: 0.2);

    [TestMethod]
    public void AllThreeBoundsApproachTheLikelihoodThatKalmanKnows()
    {
        var sample = new SampleSystem(steps: 6);
        using var networks = new StateSpaceNetworks(new ExactLinearGaussianModel(SampleSystem.System), new BootstrapProposal(), null);
        var metrics = new BoundEvaluator(networks, new EvaluationOptions { Particles = 30_000 }, CPU, ScalarType.Float64).Evaluate([sample.Sequence]);
        Assert.IsTrue(metrics.Elbo.PerSequence < metrics.ImportanceSampled.PerSequence);
        Assert.AreEqual(sample.LogLikelihood, metrics.ImportanceSampled.PerSequence, 0.3);
        Assert.AreEqual(sample.LogLikelihood, metrics.Fivo.PerSequence, 0.3);
        using var exact = new StateSpaceNetworks(new ExactLinearGaussianModel(SampleSystem.System), new ExactPosterior(_ => sample.Kalman), null);
        var tight = new BoundEvaluator(exact, new EvaluationOptions { Particles = 250 }, CPU, ScalarType.Float64).Evaluate([sample.Sequence]);
        Assert.AreEqual(sample.LogLikelihood, tight.ImportanceSampled.PerSequence, 1e-9, "several passes put together");
    }

    [TestMethod]
    public void TheTripleIsTheFiguresNegated()
    {
        using var networks = Make(new Iwae());
        var metrics = Evaluate(networks, new EvaluationOptions { Particles = 10 });
        Assert.AreEqual(10, metrics.Particles);
        Assert.AreEqual(-metrics.ImportanceSampled.PerStep, metrics.Triple.ImportanceSampled);
        Assert.AreEqual(-metrics.Elbo.PerStep, metrics.Triple.NegativeBound);
        Assert.AreEqual(-metrics.Elbo.MeanOfPerStep, metrics.Triple.MeanNegativeBound);
        Assert.AreEqual("1.000 (2.500) {3.250}", new NegativeLikelihoodTriple(1, 2.5, 3.25).ToString());
    }

    [TestMethod]
    public void ATraceHoldsEverySequenceAndAgreesWithItself()
    {
        using var networks = Make(new Iwae());
        var traces = new List<ParticleTrace>();
        var metrics = Evaluate(networks, new EvaluationOptions { Particles = 8, Trace = traces.Add });
        Assert.AreEqual(metrics, Evaluate(networks, new EvaluationOptions { Particles = 8 }));
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 9).ToArray(), traces.Select(t => t.Place).ToArray());
        double total = 0;
        foreach (var trace in traces)
        {
            int length = s_sequences[trace.Place].Length;
            Assert.AreEqual(s_sequences[trace.Place].Id, trace.Id);
            Assert.HasCount(8 * length, trace.LogWeights);
            Assert.HasCount(length, trace.Resampled);
            Assert.IsFalse(trace.Resampled[^1], "nothing is drawn after the last step");
            for (int t = 0; t < length; t++)
            {
                double[] weights = [.. trace.LogWeights.Skip(8 * t).Take(8).Select(w => (double)w)];
                double sum = weights.Sum(Math.Exp), size = sum * sum / weights.Sum(w => Math.Exp(2 * w));
                Assert.AreEqual(size, trace.EffectiveSampleSize[t], 1e-3);
                if (Math.Abs(size - 4) > 1e-3)
                    Assert.AreEqual(size < 4 && t < length - 1, trace.Resampled[t]);
                total += trace.Resampled[t] || t == length - 1 ? Math.Log(sum / 8) : 0;
            }
        }
        Assert.AreEqual(metrics.Fivo.PerSequence, total / 9, 1e-3);
    }

    [TestMethod]
    public void ATiltIsUsedByFivoAlone()
    {
        using var tilted = Make(new Fivo { Tilt = new TiltNetwork() });
        var before = Evaluate(tilted, new EvaluationOptions { Particles = 8 });
        using (no_grad())
            foreach (var parameter in tilted.Tilt!.parameters())
                parameter.add_(0.5);
        var after = Evaluate(tilted, new EvaluationOptions { Particles = 8 });
        Assert.AreEqual(before.ImportanceSampled, after.ImportanceSampled);
        Assert.AreNotEqual(before.Fivo, after.Fivo);
    }

    [TestMethod]
    public void WhatIsNotFiniteIsNamedAndNeverDropped()
    {
        using var networks = Make(new Iwae());
        using (no_grad())
            networks.Inference.parameters().Last().fill_(float.NaN);
        var error = Assert.ThrowsExactly<ArithmeticException>(() => Evaluate(networks, new EvaluationOptions { Particles = 3 }));
        StringAssert.Contains(error.Message, "sequence sequence-");
    }

    /// <summary>A linear-Gaussian model's filter is exact, unless the model says otherwise; particles are another's business.</summary>
    [TestMethod]
    [DataRow(FilterMethod.Auto, FilterKind.Exact)]
    [DataRow(FilterMethod.Particle, FilterKind.Particle)]
    [DataRow(FilterMethod.Unscented, FilterKind.Unscented)]
    public void TheFilterIsTheOneThatScoresTheModel(FilterMethod method, FilterKind kind)
    {
        bool linear = method != FilterMethod.Unscented;
        using var networks = new ModelParts(linear ? new LinearGaussianModel { LatentSize = 2 } : new DeepMarkovModel { LatentSize = 2 },
            new StructuredInference { Direction = Direction.Forward, HiddenSize = 6, Cell = RnnCell.Gru }, new FilteringProposal(), new DataShape(3), ReadsMask: true).Create(4);
        var filter = new BoundEvaluator(networks, new EvaluationOptions { Particles = 2, FilterParticles = 20 }, CPU, filter: method).Evaluate(s_sequences).Filter!;
        Assert.AreEqual(kind, filter.Kind);
        Assert.AreEqual(kind != FilterKind.Particle, filter.EffectiveSampleSize == 20);
        if (kind != FilterKind.Exact)
            return;
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var batch = SequenceBatch.Create(s_sequences, type: ScalarType.Float64);
        double exact = StateSpace.LinearGaussian.KalmanFilter.Run(((ILinearGaussian)networks.Generative).System(batch), batch).LogEvidence.mean().item<double>();
        Assert.AreEqual(exact, filter.LogLikelihood.PerSequence, 1e-4);
    }

    [TestMethod]
    public void NoParticlesAreRefused()
    {
        using var networks = Make(new Iwae());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Evaluate(networks, new EvaluationOptions { Particles = 0 }));
    }

    private static BoundMetrics Evaluate(StateSpaceNetworks networks, EvaluationOptions options) =>
        new BoundEvaluator(networks, options, CPU).Evaluate(s_sequences);

    private static StateSpaceNetworks Make(Bound bound) =>
        new ModelParts(new DeepMarkovModel { LatentSize = 2 }, new StructuredInference { HiddenSize = 6, Cell = RnnCell.Gru }, new FilteringProposal(), new DataShape(3), ReadsMask: true)
        {
            Bound = bound,
        }.Create(4);
}
