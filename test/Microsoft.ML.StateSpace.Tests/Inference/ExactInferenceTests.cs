using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Models;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Inference;

[TestClass]
public class ExactInferenceTests
{
    [TestMethod]
    [DataRow(false, 1)]
    [DataRow(false, 5)]
    [DataRow(true, 5)]
    [DataRow(false, 70)]
    public void SmoothingMakesTheEvidenceExactForAnyNumberOfParticles(bool diagonal, int particles)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var model = LinearGaussianCase.Make(diagonal);
        var sequences = LinearGaussianCase.Sequences(missing: 0.4);
        using var batch = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        using var networks = LinearGaussianCase.Networks(model);
        using var noise = new RowNoise(3, batch.NoiseKeys, particles, type: ScalarType.Float64);
        var terms = ParticleLoop.Run(model, networks.Inference, batch, noise, ResamplingCriterion.Never);
        var oracle = LinearGaussianCase.Oracle(model.Parameters());
        double[] evidence = terms.LogEvidence.data<double>().ToArray();
        for (int b = 0; b < batch.Count; b++)
        {
            var (values, observed) = LinearGaussianCase.Rows(sequences[batch.Order[b]]);
            Assert.AreEqual(KalmanOracle.Run(oracle, values, observed).LogLikelihood, evidence[b], 1e-8);
        }
    }

    [TestMethod]
    public void TheSampledElboIsTheLikelihoodAndHasItsGradient()
    {
        using var scope = NewDisposeScope();
        var model = LinearGaussianCase.Make();
        using var networks = LinearGaussianCase.Networks(model);
        using var batch = SequenceBatch.Create(LinearGaussianCase.Sequences(missing: 0.4), type: ScalarType.Float64);
        using var noise = new RowNoise(1, batch.NoiseKeys, 0, type: ScalarType.Float64);
        var query = new BoundQuery(model, networks.Inference, batch, noise);
        var exact = new ExactLikelihood().Evaluate(query).Objective;
        exact.sum().backward();
        double[][] expected = Gradients(model);
        var sampled = new Elbo { SampledKl = true }.Evaluate(query).Objective;
        Assert.AreEqual(0, (exact - sampled).abs().max().item<double>(), 1e-8);
        sampled.sum().backward();
        foreach (var (a, b) in expected.Zip(Gradients(model)))
            for (int i = 0; i < a.Length; i++)
                Assert.AreEqual(a[i], b[i], 1e-6 * Math.Max(1, Math.Abs(a[i])));
    }

    [TestMethod]
    public void TheElboWithAnalyticKlIsTheLikelihoodInMean()
    {
        const int Samples = 10_000;
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var model = LinearGaussianCase.Make();
        using var networks = LinearGaussianCase.Networks(model);
        using var batch = SequenceBatch.Create(LinearGaussianCase.Sequences(missing: 0.4), type: ScalarType.Float64);
        using var noise = new RowNoise(4, batch.NoiseKeys, Samples, type: ScalarType.Float64);
        var query = new BoundQuery(model, networks.Inference, batch, noise);
        var difference = new Elbo().Evaluate(query).Objective - new ExactLikelihood().Evaluate(query).Objective;
        Assert.AreEqual(0, difference.abs().max().item<double>(), 0.1);
    }

    [TestMethod]
    public void FilteringIsUnbiasedAndBeatsThePrior()
    {
        const int Seeds = 200;
        using var guard = no_grad();
        var model = LinearGaussianCase.Make();
        var sequences = LinearGaussianCase.Sequences(missing: 0.4);
        using var networks = LinearGaussianCase.Networks(model, Direction.Forward);
        using var batch = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        using var outer = NewDisposeScope();
        var exact = KalmanFilter.Run(model.System(batch), batch).LogEvidence;
        var ratios = zeros_like(exact);
        double proposed = 0, bootstrap = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            using var scope = NewDisposeScope();
            using var noise = new RowNoise(seed, batch.NoiseKeys, 64, type: ScalarType.Float64);
            var terms = ParticleLoop.Run(model, networks.FilteringProposal, batch, noise, ResamplingCriterion.EffectiveSampleSize);
            ratios.add_((terms.LogEvidence - exact).exp() / Seeds);
            if (seed > 3)
                continue;
            using var again = new RowNoise(seed, batch.NoiseKeys, 64, type: ScalarType.Float64);
            proposed += terms.EffectiveSampleSize.mean().item<double>();
            bootstrap += ParticleLoop.Run(model, new BootstrapProposal(), batch, again, ResamplingCriterion.EffectiveSampleSize).EffectiveSampleSize.mean().item<double>();
        }
        Assert.AreEqual(0, (ratios - 1).abs().max().item<double>(), 0.1);
        Assert.IsTrue(proposed > 1.2 * bootstrap, $"{proposed} against {bootstrap}");
    }

    /// <summary>The published numbers.</summary>
    [TestMethod]
    public void TheGaussianHmmHasItsFractionsAndItsLikelihood()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var model = LinearGaussianModelTests.Hmm(new GaussianHmmModel { TransitionVariances = [1, 2, 3], EmissionVariances = [4, 5, 6] });
        using var pair = SequenceBatch.Create([new Sequence(1, [3, 3, 3]), new Sequence(1, [4, 4, 4])], type: ScalarType.Float64);
        using var networks = LinearGaussianCase.Networks(model, Direction.Forward);
        var encoding = networks.Inference.Encode(pair, null);
        var previous = tensor(new[] { 1.0, 2.0 }, [2, 1]);
        (double A, double B, double Variance)[] expected = [(3.0 / 5, 4.0 / 5, 4.0 / 5), (11.0 / 7, 18.0 / 7, 10.0 / 7), (5.0 / 3, 8.0 / 3, 2)];
        for (int t = 0; t < 3; t++)
        {
            var past = new Past(t == 0 ? null : previous, null, [], pair.Inputs(pair.Step(t)));
            var (mean, variance) = networks.Inference.Posterior(new PosteriorQuery(encoding, pair.Step(t), past, null, new BatchNoise(new Generator(1)))).Moments!.Value;
            // The model's numbers are Single when it is made.
            Assert.AreEqual(expected[t].A, mean[0].item<double>(), 1e-6);
            Assert.AreEqual(expected[t].B, mean[1].item<double>(), 1e-6);
            Assert.AreEqual(expected[t].Variance, variance[0].item<double>(), 1e-6);
        }

        var ten = LinearGaussianModelTests.Hmm(new GaussianHmmModel { TransitionVariances = [0.1], EmissionVariances = [0.1] });
        using var batch = SequenceBatch.Create(RandomSequences.Make(1, 1, 10), type: ScalarType.Float64);
        var filter = KalmanFilter.Run(ten.System(batch), batch);
        var predicted = filter.Predicted.Variances() + 0.1;
        Assert.AreEqual(-0.7326825, (-0.5 * ((2 * Math.PI * predicted).log() + 1)).mean().item<double>(), 1e-6);
        using var smoothing = LinearGaussianCase.Networks(ten);
        foreach (int particles in new[] { 1, 4, 16 })
        {
            using var noise = new RowNoise(2, batch.NoiseKeys, particles, type: ScalarType.Float64);
            var terms = ParticleLoop.Run(ten, smoothing.Inference, batch, noise, ResamplingCriterion.Never);
            Assert.AreEqual(filter.LogEvidence.item<double>(), terms.LogEvidence.item<double>(), 1e-9);
        }
    }

    [TestMethod]
    public void APerStepLinearNetworkCanBeTheExactPosteriorOfTheGaussianHmm()
    {
        const int Steps = 5;
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var model = LinearGaussianModelTests.Hmm(new GaussianHmmModel { TransitionVariances = [0.1, 0.3, 0.2], EmissionVariances = [0.1, 0.2], EmissionWeights = [1, 2] });
        var network = new PerStepLinearInference { Steps = Steps }.Create(model, false, new Initializer(2));
        network.to(ScalarType.Float64);
        SetToPosterior(network, model, Steps);
        using var batch = SequenceBatch.Create([.. RandomSequences.Make(40, 1, Steps).Where(s => s.Length == Steps)], type: ScalarType.Float64);
        Assert.IsTrue(batch.Count > 4);
        using var noise = new RowNoise(2, batch.NoiseKeys, 3, type: ScalarType.Float64);
        var terms = ParticleLoop.Run(model, network, batch, noise, ResamplingCriterion.Never);
        var difference = terms.LogEvidence - KalmanFilter.Run(model.System(batch), batch).LogEvidence;
        Assert.AreEqual(0, difference.abs().max().item<double>(), 1e-8);
    }

    // The posterior's mean is linear in x: its weights are its answers to sequences of which one number is 1 and all others are 0.
    private static void SetToPosterior(InferenceModule network, GaussianHmmModule model, int steps)
    {
        using var units = SequenceBatch.Create([.. Enumerable.Range(0, steps).Select(s =>
            new Sequence(1, [.. Enumerable.Range(0, steps).Select(t => t == s ? 1f : 0f)]))], type: ScalarType.Float64);
        var exact = ExactConditionals.Smoothing(model.System(units), units);
        Tensor Values(string name) => network.named_parameters().Single(p => p.name == name).parameter;
        Values("offsets").zero_();
        Values("observationWeights").zero_();
        for (int t = 0; t < steps; t++)
        {
            var (offset, covariance) = t == 0 ? (exact.First.Mean, exact.First.Covariance) : (exact[t].Offset, exact[t].Covariance);
            Values("variances")[t].copy_((covariance.reshape(-1)[0] - 1e-6).expm1().log());
            if (t > 0)
                Values("latentWeights")[t].copy_(exact[t].Matrix.reshape(-1)[0]);
            for (int s = t; s < steps; s++)
                Values("observationWeights")[t, s - t] = offset[units.Order.ToList().IndexOf(s), 0];
        }
    }

    private static double[][] Gradients(nn.Module model)
    {
        double[][] result = [.. model.parameters().Select(p => p.grad!.reshape(-1).data<double>().ToArray())];
        foreach (var parameter in model.parameters())
            parameter.grad = null;
        return result;
    }
}
