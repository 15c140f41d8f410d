using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Inference;

/// <summary>Amortized variational filtering against the Kalman update, and its promises about gradients.</summary>
[TestClass]
public class IterativeInferenceTests
{
    private static readonly LinearGaussianSystem s_system = LinearGaussianSystem.OneByTwo();

    private readonly List<Sequence> _sequences = RandomSequences.Make(4, 2, 6, missing: 0.3);

    /// <summary>p(z_t | z_{t−1}, x_t) is Gaussian: precision 1/v + Σ M c²/r.</summary>
    [TestMethod]
    public void ManyIterationsReachTheKalmanUpdate()
    {
        using var scope = NewDisposeScope();
        double previous = double.PositiveInfinity;
        foreach (int iterations in new[] { 1, 4, 16, 64, 256 })
        {
            double distance = DistanceFromExact(new IterativeInference
            {
                Iterations = iterations,
                Update = IterativeUpdate.Sgd,
                StepSize = 0.15,
                Samples = 0,
            });
            Assert.IsTrue(distance < previous, $"{iterations} iterations: {distance:g3} after {previous:g3}");
            previous = distance;
        }
        Assert.AreEqual(0, previous, 1e-6);
    }

    [TestMethod]
    public void FreeEnergyIsRecordedBeforeAndAfterEveryIteration()
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(_sequences, type: ScalarType.Float64);
        var model = new ExactLinearGaussianModel(s_system);
        var options = new IterativeInference { Iterations = 5, Update = IterativeUpdate.Sgd, Samples = 0 };
        using var network = options.Create(model, false, new Initializer(1));
        var records = new List<(int, double)>();
        using var noise = new RowNoise(1, batch.NoiseKeys, 0, type: ScalarType.Float64);
        var scan = new PosteriorScan(model, network, network.Encode(batch, null), noise)
        {
            FreeEnergy = (k, value) => records.Add((k, value.sum().item<double>())),
        };
        scan.Draw(0, withPrior: false);
        CollectionAssert.AreEqual(new[] { 0, 1, 2, 3, 4, 5 }, records.Select(r => r.Item1).ToArray());
        for (int k = 1; k < records.Count; k++)
            Assert.IsTrue(records[k].Item2 < records[k - 1].Item2, $"free energy rose at iteration {k}");
    }

    /// <summary>The last record is the bound itself, with its sign turned and the steps that observe nothing left out.</summary>
    [TestMethod]
    public void EvaluationReportsTheFreeEnergyOfEveryIteration()
    {
        var sequences = RandomSequences.Make(5, 2, 6);
        using var networks = Make(new IterativeInference { Iterations = 3, Update = IterativeUpdate.Sgd, Samples = 0, StepSize = 0.02 });
        networks.to(ScalarType.Float64);
        var found = new BoundEvaluator(networks, new EvaluationOptions { Particles = 400 }, CPU, ScalarType.Float64).Evaluate(sequences);
        Assert.AreEqual(4, found.FreeEnergy!.Count);
        for (int k = 1; k < 4; k++)
            Assert.IsTrue(found.FreeEnergy[k] < found.FreeEnergy[k - 1], string.Join(", ", found.FreeEnergy));
        Assert.AreEqual(-found.Elbo.MeanOfPerStep, found.FreeEnergy[3], 0.05);
    }

    [TestMethod]
    [DataRow(IterativeEncoding.Gradient, IterativeUpdate.Highway)]
    [DataRow(IterativeEncoding.Gradient, IterativeUpdate.LearnedSgd)]
    [DataRow(IterativeEncoding.Error, IterativeUpdate.Highway)]
    [DataRow(IterativeEncoding.Direct, IterativeUpdate.Highway)]
    public void TheModelsGradientThroughQIsExactlyZero(IterativeEncoding encoding, IterativeUpdate update)
    {
        using var scope = NewDisposeScope();
        using var networks = Make(new IterativeInference { Encoding = encoding, Update = update, Iterations = 2, HiddenSize = 8 });
        using var batch = SequenceBatch.Create(_sequences, type: ScalarType.Float64);
        var generative = networks.Generative.named_parameters().ToArray();
        var whole = Gradients(networks.Generative, networks.Inference, batch);
        var frozen = Gradients(networks.Generative, new Frozen(networks.Inference, cutsPrior: true), batch);
        for (int i = 0; i < generative.Length; i++)
            Assert.AreEqual(0, (whole[i] - frozen[i]).abs().max().item<double>(), 0.0, generative[i].name);
        // Nor does it matter whether the priors' gradients are one product for all steps.
        var stepwise = Gradients(networks.Generative, new Frozen(networks.Inference, cutsPrior: false), batch);
        Closeness.AssertRelative([.. generative.Select((p, i) => (p.name, stepwise[i], whole[i]))], ScalarType.Float64);
        Assert.IsTrue(networks.Inference.parameters().All(p => p.grad is null || p.grad.abs().max().item<double>() == 0));
    }

    [TestMethod]
    [DataRow(IterativeEncoding.Gradient, IterativeUpdate.Highway)]
    [DataRow(IterativeEncoding.Gradient, IterativeUpdate.LearnedSgd)]
    [DataRow(IterativeEncoding.Error, IterativeUpdate.Highway)]
    [DataRow(IterativeEncoding.Direct, IterativeUpdate.Highway)]
    public void TheNetworkLearnsToLowerTheFreeEnergy(IterativeEncoding encoding, IterativeUpdate update)
    {
        using var scope = NewDisposeScope();
        var options = new IterativeInference
        {
            Encoding = encoding,
            Update = update,
            Iterations = 2,
            HiddenSize = 24,
            Samples = 0,
            LearningRate = 3e-3,
            LayerNorm = false,
        };
        using var batch = SequenceBatch.Create(_sequences, type: ScalarType.Float64);
        var model = new ExactLinearGaussianModel(s_system);
        using var network = options.Create(model, true, new Initializer(2));
        network.to(ScalarType.Float64);
        double before = Distance(model, network, batch);
        network.train();
        using (network.BeginLearning(() => 1))
            for (int update_ = 0; update_ < 400; update_++)
            {
                using var step = NewDisposeScope();
                using var noise = new RowNoise(update_, batch.NoiseKeys, 0, type: ScalarType.Float64);
                var scan = new PosteriorScan(model, network, network.Encode(batch, null), noise);
                for (int t = 0; t < batch.Steps; t++)
                    scan.Draw(t, withPrior: false);
            }
        network.eval();
        double after = Distance(model, network, batch);
        Assert.IsTrue(after < 0.5 * before, $"distance from the exact posterior: {before:g3}, after learning {after:g3}");
    }

    /// <summary>Its own optimiser moves it at every time step while it learns, and never otherwise.</summary>
    [TestMethod]
    public void TheNetworkIsSteppedAtEveryTimeStep()
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(_sequences, type: ScalarType.Float64);
        var model = new ExactLinearGaussianModel(s_system);
        using var network = new IterativeInference { HiddenSize = 8 }.Create(model, true, new Initializer(2));
        network.to(ScalarType.Float64);
        double[][] Weights() => [.. network.parameters().Select(p => p.reshape(-1).data<double>().ToArray())];
        int Moved(bool learns)
        {
            using var noise = new RowNoise(1, batch.NoiseKeys, 0, type: ScalarType.Float64);
            using var learning = learns ? network.BeginLearning(() => 1) : null;
            var scan = new PosteriorScan(model, network, network.Encode(batch, null), noise);
            int moved = 0;
            for (int t = 0; t < batch.Steps; t++)
            {
                double[][] before = Weights();
                scan.Draw(t, withPrior: false);
                moved += before.Zip(Weights()).Any(pair => !pair.First.SequenceEqual(pair.Second)) ? 1 : 0;
            }
            return moved;
        }
        network.train();
        Assert.AreEqual(0, Moved(learns: false));
        Assert.AreEqual(batch.Steps, Moved(learns: true));
        network.eval();
        Assert.AreEqual(0, Moved(learns: true));
    }

    /// <summary>Normalised over its dimensions a single number would always be 0, and the network would see nothing.</summary>
    [TestMethod]
    public void ASingleLatentNumberIsNotNormalisedAway()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = new DeepMarkovModel { LatentSize = 1 }.Create(new DataShape(1), new Initializer(1));
        using var network = new IterativeInference { HiddenSize = 8 }.Create(model, false, new Initializer(2));
        using var batch = SequenceBatch.Create([new Sequence(1, [-1], id: "same"), new Sequence(1, [2], id: "same")]);
        using var noise = new RowNoise(1, batch.NoiseKeys, 0);
        var (mean, _) = new PosteriorScan(model, network, network.Encode(batch, null), noise).Draw(0, withPrior: false).Posterior.Moments!.Value;
        Assert.AreNotEqual(mean[0].item<float>(), mean[1].item<float>(), 1e-4f);
    }

    private static Tensor[] Gradients(GenerativeModule model, InferenceModule inference, SequenceBatch batch)
    {
        using var noise = new RowNoise(7, batch.NoiseKeys, 0, type: ScalarType.Float64);
        var objective = new Elbo().Evaluate(new BoundQuery(model, inference, batch, noise)).Objective.sum();
        return [.. autograd.grad([objective], [.. model.parameters()])];
    }

    private static StateSpaceNetworks Make(InferenceNetwork inference)
    {
        var networks = new ModelParts(new DeepMarkovModel { LatentSize = 3, Transition = new GatedTransition { HiddenSize = 5 } }, inference,
            new FilteringProposal(), new DataShape(2), ReadsMask: true).Create(3);
        networks.to(ScalarType.Float64);
        return networks;
    }

    private double DistanceFromExact(IterativeInference options)
    {
        using var batch = SequenceBatch.Create(_sequences, type: ScalarType.Float64);
        var model = new ExactLinearGaussianModel(s_system);
        using var network = options.Create(model, false, new Initializer(1));
        return Distance(model, network, batch);
    }

    // The largest difference of mean or log-variance from p(z_t | z_{t−1}, x_t) along a path.
    private static double Distance(ExactLinearGaussianModel model, InferenceModule network, SequenceBatch batch)
    {
        using var guard = no_grad();
        using var noise = new RowNoise(5, batch.NoiseKeys, 0, type: ScalarType.Float64);
        var scan = new PosteriorScan(model, network, network.Encode(batch, null), noise);
        double worst = 0;
        for (int t = 0; t < batch.Steps; t++)
        {
            var step = scan.Draw(t, withPrior: true);
            var (mean, variance) = Exact(step.Prior!.Moments!.Value, batch, t);
            var q = step.Posterior.Moments!.Value;
            worst = Math.Max(worst, (q.Mean - mean).abs().max().item<double>());
            worst = Math.Max(worst, (q.Variance.log() - variance.log()).abs().max().item<double>());
        }
        return worst;
    }

    private static (Tensor Mean, Tensor Variance) Exact((Tensor Mean, Tensor Variance) prior, SequenceBatch batch, int t)
    {
        var x = batch.Step(t).Of(batch.Observations);
        var observed = batch.Step(t).Of(batch.Observed!);
        var precision = 1 / prior.Variance;
        var weighted = prior.Mean / prior.Variance;
        for (int d = 0; d < 2; d++)
        {
            double c = s_system.Emission[d, 0], r = s_system.EmissionCovariance[d, d];
            var m = observed.narrow(1, d, 1);
            precision = precision + m * (c * c / r);
            weighted = weighted + m * (x.narrow(1, d, 1) - s_system.EmissionOffset[d]) * (c / r);
        }
        return (weighted / precision, 1 / precision);
    }

    // The same q, cut from every gradient on the way in and out.
    private sealed class Frozen(InferenceModule inner, bool cutsPrior) : InferenceModule("frozen", inner.ReadsMask)
    {
        public override bool ReadsPrior => true;

        internal override bool CutsPrior => cutsPrior;

        public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => inner.Encode(batch, dropoutNoise);

        public override LatentDistribution Posterior(PosteriorQuery query)
        {
            using var guard = no_grad();
            return inner.Posterior(query).Detach();
        }
    }
}
