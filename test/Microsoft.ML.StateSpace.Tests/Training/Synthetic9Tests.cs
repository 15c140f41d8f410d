using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>A DMM with ST-R on synthetic9, where the Kalman filter and smoother know the answer.</summary>
/// <remarks>The emission and p(z_1) are the system's own, since a latent is else known only up to an affine map and could not be
/// compared with Kalman's; the transition, the smoother and the filter's proposal are learned. Observations are divided by
/// their standard deviation and latents by 10, so that networks see numbers around 1.</remarks>
[TestClass]
public class Synthetic9Tests
{
    private const double LatentScale = 10;

    [TestMethod]
    public void LearnsWhatKalmanKnows()
    {
        var data = SyntheticSystems.Generate("synthetic9").Train;
        double scale = StandardDeviation(data);
        var sequences = Enumerable.Range(0, data.Sequences).Select(i => ToSequence(data, i, scale)).ToList();
        using var networks = Make(scale);
        Train(networks, sequences);

        var bounds = new BoundEvaluator(networks, new EvaluationOptions { Particles = 100 }, CPU).Evaluate(sequences);
        double likelihood = bounds.ImportanceSampled.PerStep - Math.Log(scale);
        Assert.AreEqual(-3.0763, likelihood, 0.03);
        double smoothed = SmoothedError(networks, sequences, data);
        Assert.IsTrue(smoothed is > 3.690351 - 0.01 and < 3.80, $"smoothed RMSE {smoothed:f4}");
        double filtered = FilteredError(networks, sequences.Take(300).ToList(), data);
        Assert.IsTrue(filtered < 0.3, $"filtered RMSE from Kalman's means {filtered:f4}");
    }

    private static StateSpaceNetworks Make(double scale)
    {
        var initializer = new Initializer(1);
        var options = new DeepMarkovModel { LatentSize = 1, LearnInitialPrior = false };
        var model = new DeepMarkovModule(options, new DataShape(1),
            new LinearTransition().Create, (_, _, _) => new KnownEmission(scale), initializer);
        using (no_grad())
            model.get_parameter("initialLogVariance")!.fill_(Math.Log(1 / (LatentScale * LatentScale)));
        var smoother = new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 40, EmbeddingSize = 30 };
        return new StateSpaceNetworks(model, smoother.Create(model, false, initializer),
            new FilteringProposal().NetworkFor(smoother, options).Create(model, false, initializer));
    }

    private static void Train(StateSpaceNetworks networks, List<Sequence> sequences)
    {
        var options = new TrainingOptions { Epochs = 50, BatchSize = 250, LearningRate = 1e-2, FinalLearningRateRatio = 0, WeightAveraging = 0, Patience = 0 };
        var model = new Stage(TrainingStage.Model, networks.Generative, networks.Inference, new Elbo { KlWarmUpUpdates = 100 }, options, true);
        using (var loop = new TrainingLoop(model, sequences, sequences[..500], CPU, null, CancellationToken.None))
            loop.Run();
        var proposal = new Stage(TrainingStage.FilteringProposal, networks.Generative, networks.FilteringProposal,
            new InclusiveKl(networks.Inference), options with { Epochs = 10 }, false);
        using var second = new TrainingLoop(proposal, sequences, sequences[..500], CPU, null, CancellationToken.None);
        second.Run();
        networks.eval();
    }

    private static double SmoothedError(StateSpaceNetworks networks, List<Sequence> sequences, SyntheticSplit data)
    {
        var scorer = new SequenceScorer(networks, new ScoringOptions(), CPU);
        double sum = 0;
        int i = 0;
        foreach (var chunk in sequences.Chunk(250))
            foreach (var row in scorer.Score(chunk, ScoreOutputs.SmoothedMean))
            {
                var truth = data.LatentsOf(i++);
                for (int t = 0; t < data.Steps; t++)
                    sum += Math.Pow(row.SmoothedMean![t] * LatentScale - truth[t], 2);
            }
        return Math.Sqrt(sum / (sequences.Count * data.Steps));
    }

    private static double FilteredError(StateSpaceNetworks networks, List<Sequence> sequences, SyntheticSplit data)
    {
        var scorer = new SequenceScorer(networks, new ScoringOptions { Particles = 4096 }, CPU);
        double sum = 0;
        int i = 0;
        foreach (var chunk in sequences.Chunk(50))
            foreach (var row in scorer.Score(chunk, ScoreOutputs.FilteredMean))
            {
                double[][] observations = [.. data.ObservationsOf(i++).ToArray().Select(x => new[] { x })];
                var kalman = KalmanOracle.Run(LinearGaussianSystem.Synthetic9(), observations);
                for (int t = 0; t < data.Steps; t++)
                    sum += Math.Pow(row.FilteredMean![t] * LatentScale - kalman.FilteredMeans[t][0], 2);
            }
        return Math.Sqrt(sum / (sequences.Count * data.Steps));
    }

    private static Sequence ToSequence(SyntheticSplit data, int i, double scale) =>
        new(1, [.. data.ObservationsOf(i).ToArray().Select(x => (float)(x / scale))], id: $"{i}");

    private static double StandardDeviation(SyntheticSplit data)
    {
        double[] all = [.. Enumerable.Range(0, data.Sequences).SelectMany(i => data.ObservationsOf(i).ToArray())];
        double mean = all.Average();
        return Math.Sqrt(all.Average(x => (x - mean) * (x - mean)));
    }

    private sealed class KnownEmission(double scale) : EmissionModule("known")
    {
        protected override Tensor LogDensities(Tensor latent, Tensor observation)
        {
            var mean = Mean(latent);
            return new DiagonalGaussian(mean, full_like(mean, 20 / (scale * scale))).LogDensities(observation);
        }

        public override Tensor Mean(Tensor latent) => latent * (0.5 * LatentScale / scale);

        public override Tensor Sample(Tensor latent, Tensor uniform) => throw new NotSupportedException();

        public override void StartAt(Tensor mean, Tensor variance) => throw new NotSupportedException();
    }
}
