using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Tests.Oracles;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Bounds;

/// <summary>What the particle bounds must satisfy, on a linear-Gaussian system where p(x) is known.</summary>
[TestClass]
public class ParticleBoundTests
{
    private static readonly SampleSystem s_sample = new(steps: 6);

    private static readonly ExactLinearGaussianModel s_model = new(SampleSystem.System);

    private static readonly Dictionary<string, ResamplingCriterion> s_criteria = new()
    {
        ["ess"] = ResamplingCriterion.EffectiveSampleSize,
        ["ess-0.8"] = new EffectiveSampleSizeCriterion { Threshold = 0.8 },
        ["always"] = ResamplingCriterion.Always,
        ["never"] = ResamplingCriterion.Never,
        ["every-2"] = new EveryNCriterion(),
        ["steps"] = new StepsCriterion { Steps = [0, 3] },
    };

    private static readonly Dictionary<string, ResamplingScheme> s_schemes = new()
    {
        ["multinomial"] = new MultinomialResampling(),
        ["systematic"] = new SystematicResampling(),
        ["stratified"] = new StratifiedResampling(),
        ["relaxed-cold"] = new RelaxedResampling { Temperature = 1e-4 },
        ["relaxed"] = new RelaxedResampling { Temperature = 1 },
    };

    public static IEnumerable<object[]> Unbiased =>
        from criterion in s_criteria.Keys from scheme in s_schemes.Keys where scheme != "relaxed" select new object[] { criterion, scheme };

    [TestMethod]
    [DynamicData(nameof(Unbiased))]
    public void TheExpectedEstimateIsTheLikelihood(string criterion, string scheme)
    {
        var (ratio, error) = MeanRatio(s_criteria[criterion], s_schemes[scheme]);
        Assert.AreEqual(1, ratio, 5 * error);
        Assert.IsTrue(error < 0.03, $"{error}");
    }

    [TestMethod]
    public void WarmBlendsAreNoDrawsAndBiased()
    {
        var (ratio, error) = MeanRatio(ResamplingCriterion.Always, s_schemes["relaxed"]);
        Assert.IsTrue(Math.Abs(ratio - 1) > 8 * error, $"{ratio} ± {error}");
    }

    [TestMethod]
    public void IwaeRisesWithTheParticlesTowardsTheLikelihood()
    {
        double before = double.NegativeInfinity;
        foreach (int particles in new[] { 1, 2, 4, 16, 64 })
        {
            var (mean, error) = Bound(new Iwae { Samples = particles }, 2000);
            Assert.IsTrue(mean > before + 3 * error, $"{particles}: {mean} after {before}");
            Assert.IsTrue(mean < s_sample.LogLikelihood + 5 * error);
            before = mean;
        }
    }

    [TestMethod]
    [DataRow(false, 0.1)]
    [DataRow(true, 0.02)]
    public void TheGapClosesFromBelowAsParticlesGrow(bool filters, double last)
    {
        ParticleBound Make(int particles) => filters ? new Fivo { Samples = particles } : new Iwae { Samples = particles };
        double[] gaps = [.. new[] { 4, 32, 512 }.Select(n => s_sample.LogLikelihood - Bound(Make(n), 1500).Mean)];
        Assert.IsTrue(gaps[0] > 3 * gaps[1] && gaps[1] > 3 * gaps[2] && gaps[2] > -0.01, string.Join(", ", gaps));
        Assert.AreEqual(0, gaps[2], last);
    }

    [TestMethod]
    public void FivoThatNeverResamplesIsIwae()
    {
        var query = Query(50, 9);
        var fivo = new Fivo { Samples = 9, Criterion = ResamplingCriterion.Never }.Evaluate(query);
        var iwae = new Iwae { Samples = 9 }.Evaluate(Query(50, 9));
        Assert.AreEqual(0, (fivo.Objective - iwae.Objective).abs().max().item<double>());
        Assert.AreEqual(0, (fivo.Kl - iwae.Kl).abs().max().item<double>());
    }

    [TestMethod]
    [DataRow(1.0)]
    [DataRow(0.3)]
    [DataRow(0.0)]
    public void OneParticleIsTheElboWithSampledKl(double klWeight)
    {
        var elbo = new Elbo { SampledKl = true }.Evaluate(Query(40, 1) with { KlWeight = klWeight });
        foreach (ParticleBound bound in new ParticleBound[] { new Iwae(), new Fivo { Criterion = ResamplingCriterion.Always }, new Aesmc() })
        {
            var terms = bound.Evaluate(Query(40, 1) with { KlWeight = klWeight });
            Assert.AreEqual(0, (elbo.Objective - terms.Objective).abs().max().item<double>(), 1e-12, $"{bound}");
            Assert.AreEqual(0, (elbo.LogLikelihood - terms.LogLikelihood).abs().max().item<double>(), 1e-12);
            Assert.AreEqual(0, (elbo.Kl - terms.Kl).abs().max().item<double>(), 1e-12);
        }
    }

    [TestMethod]
    public void ThePartsAddUpToTheBoundAtWeightOne()
    {
        var terms = new Fivo { Samples = 8 }.Evaluate(Query(30, 8));
        Assert.AreEqual(0, (terms.LogLikelihood - terms.Kl - terms.Objective).abs().max().item<double>(), 1e-12);
        // At a lower weight log Ẑ is another's; corrected along the paths the particles still estimate p(x).
        var (ratio, error) = Ratio(new Fivo { Samples = 8, Criterion = ResamplingCriterion.Always }.Evaluate(Query(20_000, 8) with { KlWeight = 0.6 }) is var annealed
            ? annealed.LogLikelihood - annealed.Kl : throw new InvalidOperationException());
        Assert.AreEqual(1, ratio, 5 * error);
        Assert.IsTrue(error < 0.03, $"{error}");
    }

    [TestMethod]
    public void WeightsBeforeTheirResetAndFlagsAreSeen()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var query = Query(5, 7);
        var weights = new List<Tensor>();
        var terms = ParticleLoop.Run(new ParticleQuery(query.Model, query.Inference, query.Batch, query.Noise)
        {
            Criterion = new StepsCriterion { Steps = [1, 4] },
            Observer = step => weights.Add(step.LogWeights.alias().KeepIn(scope)),
        });
        bool[] flags = terms.Resampled.data<bool>().ToArray();
        for (int t = 0; t < 6; t++)
            for (int b = 0; b < 5; b++)
                Assert.AreEqual(t is 1 or 4, flags[query.Batch.Offsets[t] + b]);
        // Neither resampled segment is counted twice: each adds its last weights' mean.
        var evidence = weights[1].logsumexp(-1) + weights[4].logsumexp(-1) + weights[5].logsumexp(-1) - 3 * Math.Log(7);
        Assert.AreEqual(0, (evidence - terms.LogEvidence).abs().max().item<double>(), 1e-12);
        Assert.AreEqual(0, (query.Batch.SumBySequence(terms.StepLogLikelihood) - terms.LogEvidence).abs().max().item<double>(), 1e-12);
    }

    [TestMethod]
    public void NoParticlesAreRefusedByName()
    {
        foreach (Bound bound in new Bound[] { new Iwae { Samples = 0 }, new Fivo { Samples = 0 }, new Aesmc { Samples = 0 } })
            StringAssert.StartsWith(bound.Validate().First(), "Samples is 0");
        Assert.ThrowsExactly<ArgumentException>(() => new Iwae().Evaluate(Query(2, 0)));
    }

    private static (double Ratio, double Error) MeanRatio(ResamplingCriterion criterion, ResamplingScheme scheme)
    {
        using var guard = no_grad();
        return Ratio(new Fivo { Samples = 6, Criterion = criterion, Resampling = scheme }.Evaluate(Query(20_000, 6)).Objective);
    }

    private static (double Ratio, double Error) Ratio(Tensor logEstimates)
    {
        var ratios = (logEstimates - s_sample.LogLikelihood).exp();
        return (ratios.mean().item<double>(), (ratios.std(0) / Math.Sqrt(ratios.shape[0])).item<double>());
    }

    private static (double Mean, double Error) Bound(ParticleBound bound, int rows)
    {
        using var guard = no_grad();
        var values = bound.Evaluate(Query(rows, bound.Samples)).Objective;
        return (values.mean().item<double>(), (values.std(0) / Math.Sqrt(rows)).item<double>());
    }

    private static BoundQuery Query(int rows, int particles) =>
        new(s_model, new WideProposal(), s_sample.Batch(rows), new TwoStreams(particles));

    // What resampling draws does not shift the latents' noise, so that bounds can be compared draw by draw.
    private sealed class TwoStreams(int particles) : NoiseSource
    {
        private readonly BatchNoise _latent = new(new Generator(11), particles, ScalarType.Float64);
        private readonly BatchNoise _resampling = new(new Generator(12), particles, ScalarType.Float64);

        public override int Particles => particles;

        public override Tensor Normal(int rows, int size, NoisePurpose purpose) => _latent.Normal(rows, size, purpose);

        public override Tensor Uniform(int rows, int size, NoisePurpose purpose) => _resampling.Uniform(rows, size, purpose);

        public override void Dispose()
        {
        }
    }

    // A proposal of its own: the prior, widened and shifted, so that weights hold every term.
    private sealed class WideProposal() : InferenceModule("wide", readsMask: false)
    {
        public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => new(batch, batch.Observations);

        public override bool ReadsPrior => true;

        public override LatentDistribution Posterior(PosteriorQuery query)
        {
            var (mean, variance) = query.Prior!.Moments!.Value;
            return new DiagonalGaussian(mean + 0.1, variance * 1.3);
        }
    }
}
