using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Models;

[TestClass]
public class LinearGaussianModelTests
{
    [TestMethod]
    [DataRow(false, 0)]
    [DataRow(true, 0)]
    [DataRow(false, 2)]
    public void TheModelAndItsSystemAreOneDistribution(bool diagonal, int controls)
    {
        using var scope = NewDisposeScope();
        var module = LinearGaussianCase.Make(diagonal, controls);
        using var batch = SequenceBatch.Create(LinearGaussianCase.Sequences(0.3, controls), type: ScalarType.Float64);
        AssertOneDistribution(module, batch);
    }

    [TestMethod]
    public void TheGaussianHmmAndItsSystemAreOneDistribution()
    {
        using var scope = NewDisposeScope();
        var module = Hmm(new GaussianHmmModel { TransitionVariances = [1, 2, 3], TransitionWeights = [7, 0.5, -0.9], EmissionWeights = [1, 2], EmissionVariances = [0.4, 5, 6, 0.7] });
        using var batch = SequenceBatch.Create(RandomSequences.Make(5, 1, 7, missing: 0.3), type: ScalarType.Float64);
        AssertOneDistribution(module, batch);
    }

    [TestMethod]
    public void ParametersComeBackAsTheyWereSet()
    {
        using var scope = NewDisposeScope();
        foreach (bool diagonal in new[] { false, true })
        {
            var expected = LinearGaussianCase.Parameters(diagonal, controls: 2, seed: 5);
            var module = LinearGaussianCase.Make(diagonal, controls: 2);
            module.Set(expected);
            foreach (var (a, b) in Tensors(expected).Zip(Tensors(module.Parameters())))
                Assert.AreEqual(0, (a - b).abs().max().item<double>(), 1e-12);
        }
    }

    [TestMethod]
    public void TheUntrainedModelHasTheMeanAndVarianceOfTheTrainingData()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var module = new LinearGaussianModel { LatentSize = 4 }.Create(new DataShape(3), new Initializer(2));
        float[] mean = [3, -200, 0.5f], variance = [4, 900, 1e-4f];
        module.Emission.StartAt(tensor(mean), tensor(variance));
        module.Emission.StartAt(tensor(mean), tensor(variance));
        using var batch = SequenceBatch.Create([new Sequence(3, new float[24])]);
        var system = ((ILinearGaussian)module).System(batch);
        var state = system.Initial.OfRows(1);
        for (int t = 1; t < 8; t++)
        {
            var observed = system.Emission(t).Marginal(state);
            Assert.IsTrue((observed.Mean / tensor(mean) - 1).abs().max().item<float>() < 1e-5);
            Assert.IsTrue((observed.Variance / tensor(variance) - 1).abs().max().item<float>() < 1e-4);
            state = system.Transition(t).Marginal(state);
        }
    }

    [TestMethod]
    public void AGradientStepKeepsCovariancesPositive()
    {
        using var scope = NewDisposeScope();
        var module = LinearGaussianCase.Make();
        using (no_grad())
            foreach (var parameter in module.parameters())
                parameter.add_(randn(parameter.shape, ScalarType.Float64, generator: new Generator(3)), 5);
        foreach (var covariance in new[] { module.Parameters().InitialCovariance, module.Parameters().TransitionCovariance })
            Assert.IsTrue(linalg.cholesky(covariance).isfinite().all().item<bool>());
        Assert.IsTrue(module.Parameters().EmissionVariance.gt(0).all().item<bool>());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TheLikelihoodsGradientAgreesWithFiniteDifferences(bool diagonal)
    {
        using var scope = NewDisposeScope();
        var module = LinearGaussianCase.Make(diagonal, controls: 2);
        using var batch = SequenceBatch.Create(LinearGaussianCase.Sequences(0.3, controls: 2), type: ScalarType.Float64);
        FiniteDifferences.AssertGradients(module.named_parameters(), () => KalmanFilter.Run(module.System(batch), batch).LogEvidence.sum());
    }

    [TestMethod]
    public void ALearnedHmmHasGradientsAndAFixedOneHasNone()
    {
        using var scope = NewDisposeScope();
        var options = new GaussianHmmModel { TransitionVariances = [1, 2], TransitionWeights = [1, 0.5], EmissionVariances = [0.4, 0.6], Learned = true };
        var module = Hmm(options);
        using var batch = SequenceBatch.Create(RandomSequences.Make(5, 1, 6, missing: 0.3), type: ScalarType.Float64);
        FiniteDifferences.AssertGradients(module.named_parameters(), () => KalmanFilter.Run(module.System(batch), batch).LogEvidence.sum());
        Assert.IsFalse(Hmm(options with { Learned = false }).parameters().Any(p => p.requires_grad));
    }

    [TestMethod]
    public void TheHmmsOptionsAreChecked()
    {
        Assert.AreEqual(0, new GaussianHmmModel().Validate().Count());
        string[] faults = [.. new GaussianHmmModel { LatentSize = 2, TransitionVariances = [], EmissionVariances = [1, 0], EmissionWeights = [double.NaN] }.Validate()];
        CollectionAssert.AreEqual(new[] { "LatentSize is 2; the Gaussian HMM is scalar: set it to 1.", "TransitionVariances is empty; give at least one number.",
            "EmissionWeights holds NaN; it must be finite.", "EmissionVariances holds 0; variances must be above 0." }, faults);
        StringAssert.Contains(new GaussianHmmModel().FaultsWith(new DataShape(3)).Single(), "3 numbers per step");
        Assert.AreEqual(new GaussianHmmModel { EmissionWeights = [1, 2] }, new GaussianHmmModel { EmissionWeights = new List<double> { 1, 2 } });
        Assert.AreNotEqual(new GaussianHmmModel { EmissionWeights = [1, 2] }, new GaussianHmmModel());
    }

    internal static GaussianHmmModule Hmm(GaussianHmmModel options)
    {
        var module = new GaussianHmmModule(options, new DataShape(1), new Initializer(1));
        module.to(ScalarType.Float64);
        return module;
    }

    // log p(x, z) by prior and emission step by step, as every bound computes it, and by the system's matrices.
    internal static void AssertOneDistribution(GenerativeModule module, SequenceBatch batch)
    {
        var system = ((ILinearGaussian)module).System(batch);
        var latent = randn([4, batch.PackedSteps, module.LatentSize], ScalarType.Float64, generator: new Generator(6));
        var terms = new Tensor[batch.Steps];
        ModelState? state = null;
        for (int t = 0; t < batch.Steps; t++)
        {
            var range = batch.Step(t);
            var z = range.Of(latent);
            var past = module.Enter(state?.Rows(range.Count), batch.Inputs(range), range.Count);
            terms[t] = module.Prior(past, range.Count).LogProbability(z)
                + module.LogLikelihood(z, past, range.Of(batch.Observations), batch.Observed is null ? null : range.Of(batch.Observed));
            var moments = module.Emission.Moments(module.EmissionInput(z, past));
            Assert.AreEqual(0, (system.Emission(t).At(z).Mean - moments.Mean).abs().max().item<double>(), 1e-7);
            state = module.Advance(past, z, null);
        }
        var difference = batch.SumBySequence(cat(terms, -1)) - system.LogJoint(latent, batch);
        Assert.AreEqual(0, difference.abs().max().item<double>(), module is GaussianHmmModule ? 1e-5 : 1e-9);
    }

    private static Tensor[] Tensors(LinearGaussianParameters p) => [p.InitialMean, p.InitialCovariance, p.Transition, p.TransitionOffset,
        p.TransitionCovariance, p.Emission, p.EmissionOffset, p.EmissionVariance, p.Control!];
}
