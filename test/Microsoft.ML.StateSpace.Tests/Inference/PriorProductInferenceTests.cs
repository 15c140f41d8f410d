using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Inference;

[TestClass]
public class PriorProductInferenceTests
{
    private static readonly LinearGaussianSystem s_system = LinearGaussianSystem.Synthetic9() with { InitialMean = [0.4], TransitionOffset = [-0.3] };

    /// <summary>The likelihood as a Gaussian over z times the prior is p(z_t | z_{t−1}, x_t): what Kalman makes of that prior and x_t.</summary>
    [TestMethod]
    public void TheLikelihoodTimesThePriorIsTheExactFilter()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var model = new ExactLinearGaussianModel(s_system);
        using var network = new PriorProductInferenceModule(new LikelihoodOf(s_system));
        Assert.IsTrue(network.ReadsPrior);
        using var batch = SequenceBatch.Create(RandomSequences.Make(4, 1, 6), type: ScalarType.Float64);
        using var noise = new RowNoise(2, batch.NoiseKeys, 3, type: ScalarType.Float64);
        var scan = new PosteriorScan(model, network, network.Encode(batch, null), noise);
        for (int t = 0; t < batch.Steps; t++)
        {
            var step = scan.Draw(t, withPrior: false);
            var (mean, variance) = step.Posterior.Moments!.Value;
            Assert.AreEqual(t == 0 ? 2 : 3, mean.dim());
            for (int b = 0; b < batch.Active[t]; b++)
            {
                double x = batch.Step(t).Of(batch.Observations)[b, 0].item<double>();
                var place = t == 0 ? mean : mean[1];
                var kalman = Filter(step.Past.Latent is { } previous ? previous[1, b, 0].item<double>() : null, x);
                Assert.AreEqual(kalman.FilteredMeans[0][0], place[b, 0].item<double>(), 1e-12);
                Assert.AreEqual(kalman.FilteredCovariances[0][0, 0], (t == 0 ? variance : variance[1])[b, 0].item<double>(), 1e-12);
            }
        }
    }

    [TestMethod]
    public void PrecisionsAddInVariance()
    {
        using var scope = NewDisposeScope();
        var product = Of(1, 2).Product(Of(-0.5, 0.25));
        Assert.AreEqual((1 * 0.25 - 0.5 * 2) / 2.25, product.Mean.item<double>(), 1e-15);
        Assert.AreEqual(1 / (1 / 2.0 + 1 / 0.25), product.Variance.item<double>(), 1e-15);
    }

    /// <summary>log N₁ + log N₂ − log N of the product is one constant, wherever it is read.</summary>
    [TestMethod]
    public void FullGaussiansMultiplyToo()
    {
        using var scope = NewDisposeScope();
        FullGaussian first = Random(1), second = Random(2);
        var product = first.Product(second);
        var points = randn([50, 3], ScalarType.Float64, generator: new Generator(7)).unsqueeze(1);
        var constant = first.LogProbability(points) + second.LogProbability(points) - product.LogProbability(points);
        Assert.AreEqual(0, (constant - constant[0]).abs().max().item<double>(), 1e-10);
    }

    [TestMethod]
    public void WhatHasNoProductIsRefused()
    {
        StringAssert.StartsWith(new PriorProductInference { Base = new FlowInference() }.Validate().Single(), "Base is no Gaussian");
        StringAssert.StartsWith(new PriorProductInference { Base = new IterativeInference() }.Validate().Single(), "Base begins at the prior");
        StringAssert.StartsWith(new PriorProductInference { Base = new PriorProductInference() }.Validate().Single(), "Base begins at the prior");
        StringAssert.StartsWith(new PriorProductInference { Base = new StructuredInference { HiddenSize = 0 } }.Validate().Single(), "Base.HiddenSize is 0");
        Assert.IsFalse(new FlowInference { Base = new PriorProductInference() }.Validate().Any());
    }

    private static KalmanResult Filter(double? previous, double x)
    {
        var step = previous is not { } z ? s_system : s_system with
        {
            InitialMean = [s_system.Transition[0, 0] * z + s_system.TransitionOffset[0]],
            InitialCovariance = s_system.TransitionCovariance,
        };
        return KalmanOracle.Run(step, [[x]]);
    }

    private static DiagonalGaussian Of(double mean, double variance) => new(tensor(mean), tensor(variance));

    private static FullGaussian Random(ulong seed)
    {
        var a = randn([1, 3, 4], ScalarType.Float64, generator: new Generator(seed));
        return FullGaussian.OfCovariance(randn([1, 3], ScalarType.Float64, generator: new Generator(seed + 10)), matmul(a, a.mT));
    }

    // p(x_t | z_t) as a Gaussian over z_t: ((x − d) / c, r / c²).
    private sealed class LikelihoodOf(LinearGaussianSystem system) : InferenceModule("likelihood", readsMask: false)
    {
        public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => new(batch);

        public override LatentDistribution Posterior(PosteriorQuery query)
        {
            double c = system.Emission[0, 0];
            var mean = (query.Rows.Of(query.Encoding.Batch.Observations) - system.EmissionOffset[0]) / c;
            return new DiagonalGaussian(mean, full_like(mean, system.EmissionCovariance[0, 0] / (c * c)));
        }
    }
}
