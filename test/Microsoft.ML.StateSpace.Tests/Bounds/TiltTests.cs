using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Bounds;

[TestClass]
public class TiltTests
{
    private static readonly SampleSystem s_sample = new(steps: 6, missing: 0);

    private static readonly ExactLinearGaussianModel s_model = new(SampleSystem.System);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ATiltDoesNotMoveTheEvidence(bool relaxed)
    {
        using var guard = no_grad();
        var tilt = RandomTilt();
        var bound = Always(6) with { Tilt = new TiltNetwork(), Resampling = relaxed ? new RelaxedResampling { Temperature = 1e-4 } : new StratifiedResampling() };
        var evidence = bound.Evaluate(Query(20_000, 6, new BootstrapProposal(), tilt)).Objective;
        var ratios = (evidence - s_sample.LogLikelihood).exp();
        double error = (ratios.std(0) / Math.Sqrt(20_000)).item<double>();
        Assert.AreEqual(1, ratios.mean().item<double>(), 5 * error);
        Assert.IsTrue(error < 0.05, $"{error}");
        // It does move the estimates themselves.
        var untilted = Always(6).Evaluate(Query(20_000, 6, new BootstrapProposal())).Objective;
        Assert.AreNotEqual(untilted[0].item<double>(), evidence[0].item<double>(), 1e-6);
    }

    [TestMethod]
    public void ThePerfectTiltAndTheExactPosteriorLeaveNoVariance()
    {
        using var guard = no_grad();
        var posterior = new ExactPosterior(_ => s_sample.Kalman);
        var tilted = (Always(4) with { Tilt = new TiltNetwork() }).Evaluate(Query(200, 4, posterior, new PerfectTilt())).Objective;
        Assert.AreEqual(0, (tilted - s_sample.LogLikelihood).abs().max().item<double>(), 1e-9);
        // Resampling by weights that do not look ahead spoils even the exact posterior.
        var untilted = Always(4).Evaluate(Query(200, 4, posterior)).Objective;
        Assert.IsTrue(untilted.std(0).item<double>() > 0.1);
    }

    [TestMethod]
    public void ThePerfectTiltHelpsTheBootstrapProposalToo()
    {
        using var guard = no_grad();
        double Spread(TiltModule? tilt) => (Always(16) with { Tilt = tilt is null ? null : new TiltNetwork() })
            .Evaluate(Query(2000, 16, new BootstrapProposal(), tilt)).Objective.std(0).item<double>();
        Assert.IsTrue(Spread(new PerfectTilt()) < 0.8 * Spread(null));
    }

    [TestMethod]
    public void WithoutResamplingTheTiltCancels()
    {
        using var guard = no_grad();
        var query = Query(20, 5, new BootstrapProposal());
        var evidence = ParticleLoop.Run(new ParticleQuery(query.Model, query.Inference, query.Batch, query.Noise)
        {
            Criterion = ResamplingCriterion.Never,
            Tilt = RandomTilt(),
        }).LogEvidence;
        var iwae = new Iwae { Samples = 5 }.Evaluate(Query(20, 5, new BootstrapProposal())).Objective;
        Assert.AreEqual(0, (evidence - iwae).abs().max().item<double>(), 1e-12);
    }

    [TestMethod]
    public void TemporalDifferencesTeachATiltToLookAhead()
    {
        using var tilt = NewTilt(3);
        var bound = Always(16) with { Tilt = new TiltNetwork() };
        var posterior = new ExactPosterior(_ => s_sample.Kalman);
        double Spread()
        {
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            return (bound with { Samples = 4 }).Evaluate(Query(1000, 4, posterior, tilt)).Objective.std(0).item<double>();
        }
        double before = Spread();
        using var optimizer = optim.Adam(tilt.parameters(), 0.02);
        using var generator = new Generator(21);
        for (int i = 0; i < 100; i++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            var query = Query(8, 16, posterior, tilt) with { Noise = new BatchNoise(generator, 16, ScalarType.Float64) };
            (-bound.Evaluate(query).Objective.mean()).backward();
            optimizer.step();
        }
        double after = Spread();
        Assert.IsTrue(after < 0.1 * before, $"{before} became {after}");
    }

    // The perfect tilt to a power below 1: more of it is better, and the gradient must say so.
    [TestMethod]
    public void TheBoundTeachesATiltThroughAncestorsOnly()
    {
        const double Power = 0.3, Step = 0.15;
        var bound = Always(4) with { Tilt = new TiltNetwork { LearnsFrom = TiltLearning.Bound }, Resampling = new MultinomialResampling(), ScoreFunctionGradient = true };
        var state = bound.CreateState();
        double slope = (Mean(bound, Power + Step) - Mean(bound, Power - Step)) / (2 * Step);
        Gradient(bound, state, Power, seed: 0);
        double[] gradients = [.. Enumerable.Range(1, 10).Select(seed => Gradient(bound, state, Power, seed))];
        double mean = gradients.Average(), error = Math.Sqrt(gradients.Average(g => (g - mean) * (g - mean)) / 9);
        Assert.AreEqual(slope, mean, 4 * error + 0.02);
        Assert.IsTrue(slope > 0.1 && error < 0.03, $"{slope}, {mean} ± {error}");
        double withoutAncestors = Gradient(bound with { ScoreFunctionGradient = false }, null, Power, seed: 1);
        Assert.IsTrue(withoutAncestors < 0, $"{withoutAncestors}");
    }

    private static double Mean(Fivo bound, double power)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return bound.Evaluate(Query(60_000, 4, new ExactPosterior(_ => s_sample.Kalman), new PerfectTilt(power))).Objective.mean().item<double>();
    }

    private static double Gradient(Fivo bound, BoundState? state, double power, int seed)
    {
        using var scope = NewDisposeScope();
        var tilt = new PerfectTilt(power);
        var query = Query(8000, 4, new ExactPosterior(_ => s_sample.Kalman), tilt) with
        {
            Noise = new BatchNoise(new Generator((ulong)seed), 4, ScalarType.Float64),
            State = state,
        };
        bound.Evaluate(query).Objective.mean().backward();
        return tilt.Power.grad!.item<double>();
    }

    [TestMethod]
    public void TemporalDifferencesTeachTheTiltAloneAndLeaveTheBoundsValue()
    {
        using var scope = NewDisposeScope();
        var tilt = RandomTilt();
        var shift = new Shifted();
        BoundTerms Evaluate(TiltLearning learning)
        {
            foreach (var parameter in tilt.parameters().Concat(shift.parameters()))
                parameter.grad = null;
            var terms = (Always(5) with { Tilt = new TiltNetwork { LearnsFrom = learning } }).Evaluate(Query(6, 5, shift, tilt));
            terms.Objective.sum().backward();
            return terms;
        }
        var byBound = Evaluate(TiltLearning.Bound);
        var (shiftByBound, tiltByBound) = (shift.Grad, tilt.parameters().First().grad!.clone());
        var byDifferences = Evaluate(TiltLearning.TemporalDifferences);
        Assert.AreEqual(0, (byBound.Objective - byDifferences.Objective).abs().max().item<double>(), 1e-12);
        Assert.AreEqual(shiftByBound, shift.Grad, 1e-10, "the proposal's gradient is the bound's");
        Assert.IsTrue((tiltByBound - tilt.parameters().First().grad!).abs().max().item<double>() > 1e-6);
    }

    [TestMethod]
    public void AnUntrainedTiltIsOne()
    {
        using var guard = no_grad();
        var tilted = (Always(6) with { Tilt = new TiltNetwork() }).Evaluate(Query(10, 6, new BootstrapProposal(), NewTilt(1))).Objective;
        var untilted = Always(6).Evaluate(Query(10, 6, new BootstrapProposal())).Objective;
        Assert.AreEqual(0, (tilted - untilted).abs().max().item<double>(), 1e-12);
    }

    [TestMethod]
    public void WhatATiltCannotBeCombinedWithIsRefused()
    {
        StringAssert.StartsWith(new Fivo { Samples = 4, Tilt = new TiltNetwork { LearnsFrom = TiltLearning.Bound } }.Validate().Single(), "Tilt learns from the bound");
        StringAssert.StartsWith(new Fivo { Samples = 4, Criterion = ResamplingCriterion.Never, Tilt = new TiltNetwork() }.Validate().Single(), "Tilt changes nothing");
        StringAssert.Contains(new Fivo { Tilt = new TiltNetwork { LearnsFrom = TiltLearning.TemporalDifferences } }.Validate().Single(), "Samples is 1");
        StringAssert.StartsWith(new Fivo { Samples = 4, Tilt = new TiltNetwork { HiddenSize = 0 } }.Validate().Single(), "Tilt.HiddenSize is 0");
        Assert.ThrowsExactly<ArgumentException>(() => new Fivo { Tilt = new TiltNetwork() }.Evaluate(Query(2, 2, new BootstrapProposal())));
    }

    private static Fivo Always(int particles) => new() { Samples = particles, Criterion = ResamplingCriterion.Always };

    private static BoundQuery Query(int rows, int particles, InferenceModule proposal, TiltModule? tilt = null) =>
        new(s_model, proposal, s_sample.Batch(rows), new BatchNoise(new Generator(11), particles, ScalarType.Float64)) { Tilt = tilt };

    private static TiltModule NewTilt(int seed)
    {
        var tilt = new TiltNetwork { HiddenSize = 16, Cell = RnnCell.Gru }.Create(s_model, false, new Initializer(seed));
        tilt.to(ScalarType.Float64);
        return tilt;
    }

    private static TiltModule RandomTilt()
    {
        var tilt = NewTilt(2);
        using var guard = no_grad();
        using var generator = new Generator(4);
        foreach (var parameter in tilt.parameters())
            parameter.add_(0.3 * randn(parameter.shape, ScalarType.Float64, generator: generator));
        return tilt;
    }

    /// <summary>p(x_{t+1} … x_T | z_t): log r is a parabola in z_t, known from three of its points.</summary>
    private sealed class PerfectTilt : TiltModule
    {
        private readonly Parameter power;

        public PerfectTilt(double power = 1) : base("perfect")
        {
            this.power = new Parameter(tensor(new[] { power }));
            RegisterComponents();
        }

        public Parameter Power => power;

        public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => new(batch, batch.Observations);

        public override Tensor LogRatio(Encoding encoding, PackedRange next, Tensor features)
        {
            int step = Array.IndexOf(encoding.Batch.Offsets, next.Start) - 1;
            double below = s_sample.LogFuture(step, -1), middle = s_sample.LogFuture(step, 0), above = s_sample.LogFuture(step, 1);
            return power * ((above + below - 2 * middle) / 2 * features.square() + (above - below) / 2 * features + middle).squeeze(-1);
        }
    }

    /// <summary>The prior's mean, shifted by a parameter.</summary>
    private sealed class Shifted : InferenceModule
    {
        private readonly Parameter shift = new(tensor(new[] { 0.2 }));

        public Shifted() : base("shifted", readsMask: false) => RegisterComponents();

        public double Grad => shift.grad!.item<double>();

        public override bool ReadsPrior => true;

        public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => new(batch, batch.Observations);

        public override LatentDistribution Posterior(PosteriorQuery query)
        {
            var (mean, variance) = query.Prior!.Moments!.Value;
            return new DiagonalGaussian(mean + shift, variance);
        }
    }
}
