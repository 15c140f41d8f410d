using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.LinearGaussian;
using Microsoft.ML.StateSpace.Tests.Models;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using static TorchSharp.torch;
using OracleSystem = Microsoft.ML.StateSpace.Tests.Oracles.LinearGaussianSystem;

namespace Microsoft.ML.StateSpace.Tests.Scoring;

[TestClass]
public class ImputationTests
{
    [TestMethod]
    public void CorrelatedNoiseTellsOfTheDimensionsThatAreMissing()
    {
        using var scope = NewDisposeScope();
        var example = new OracleCase(missing: 0.4);
        var system = example.System;
        var smoothed = RtsSmoother.Run(KalmanFilter.Run(system, example.Batch)).States;
        var imputed = Imputation.OfGaussians((t, _) => system.Emission(t), smoothed, example.Batch);
        for (int row = 0; row < example.Batch.Count; row++)
        {
            var (values, observed) = example.Row(row);
            double[] expected = Expected(example.Oracle, values, observed);
            for (int t = 0; t < values.Length; t++)
                for (int d = 0; d < 3; d++)
                    Assert.AreEqual(observed[t][d] ? values[t][d] : expected[3 * t + d], imputed[example.Batch.Offsets[t] + row][d].item<double>(), 1e-6);
        }
    }

    [TestMethod]
    public void SamplePathsComeToTheExactExpectation()
    {
        using var networks = LinearGaussianCase.Networks(LinearGaussianCase.Make(type: ScalarType.Float32));
        var sequences = LinearGaussianCase.Sequences(missing: 0.4);
        var exact = new SequenceScorer(networks, new ScoringOptions(), CPU).Score(sequences, ScoreOutputs.Imputed);
        var paths = new SequenceScorer(networks, new ScoringOptions { Filter = FilterMethod.Particle, SmoothingSamples = 4096 }, CPU).Score(sequences, ScoreOutputs.Imputed);
        for (int i = 0; i < sequences.Count; i++)
            for (int k = 0; k < exact[i].Imputed!.Length; k++)
            {
                float a = exact[i].Imputed![k], b = paths[i].Imputed![k];
                if (sequences[i].IsObserved(k / 2, k % 2))
                    Assert.IsTrue(a == b && a == sequences[i].Observations[k]);
                else
                    Assert.AreEqual(a, b, 0.1);
            }
    }

    // What is fed back, and an emission whose mean is that of draws, must not be drawn anew for it.
    [TestMethod]
    [DataRow("augmented")]
    [DataRow("nade")]
    [DataRow("augmented nade")]
    [DataRow("vrnn")]
    [DataRow("srnn")]
    public void AskingForItChangesNothingElse(string kind)
    {
        Emission emission = kind.Contains("nade") ? new NadeEmission { HiddenSize = 8, NadeSize = 4 } : new BernoulliEmission { HiddenSize = 8 };
        GenerativeModel model = kind switch
        {
            "vrnn" => new VrnnModel { LatentSize = 3, HiddenSize = 8, Emission = emission },
            "srnn" => new SrnnModel { LatentSize = 3, HiddenSize = 8, Emission = emission },
            _ => new DeepMarkovModel { LatentSize = 3, Augmented = kind.Contains("augmented"), Emission = emission },
        };
        var parts = new ModelParts(model, new StructuredInference { HiddenSize = 8 }, new FilteringProposal(), new DataShape(3), ReadsMask: true);
        using var networks = parts.Create(5);
        networks.eval();
        var sequences = RandomSequences.Make(4, 3, 8, missing: 0.4, binary: true);
        var scorer = new SequenceScorer(networks, new ScoringOptions { SamplePaths = 3 }, CPU);
        var all = scorer.Score(sequences, (ScoreOutputs)16383);
        foreach (var output in Enum.GetValues<ScoreOutputs>().Where(o => o != ScoreOutputs.None))
        {
            var column = StateSpace.Trainers.ScoreColumns.Of(new ScoringOptions { SamplePaths = 3 }).Single(c => c.Output == output);
            var alone = scorer.Score(sequences, output);
            for (int i = 0; i < sequences.Count; i++)
                CollectionAssert.AreEqual(column.Values(alone[i]), column.Values(all[i]), column.Name);
        }
        for (int i = 0; i < sequences.Count; i++)
            for (int k = 0; k < all[i].Imputed!.Length; k++)
                Assert.IsTrue(sequences[i].IsObserved(k / 3, k % 3) ? all[i].Imputed![k] == sequences[i].Observations[k] : all[i].Imputed![k] is >= 0 and <= 1);
    }

    // The noise as a part of the state: then the expected observation is a linear map of the expected state, whatever correlates.
    private static double[] Expected(OracleSystem system, double[][] values, bool[][] observed)
    {
        int z = system.LatentSize, d = system.ObservationSize, all = z + d;
        double[,] Beside(double[,] first, double[,]? second)
        {
            var both = new double[all, all];
            for (int i = 0; i < z; i++)
                for (int j = 0; j < z; j++)
                    both[i, j] = first[i, j];
            for (int i = 0; second is not null && i < d; i++)
                for (int j = 0; j < d; j++)
                    both[z + i, z + j] = second[i, j];
            return both;
        }
        var emission = new double[d, all];
        var hair = new double[d, d];
        for (int i = 0; i < d; i++)
        {
            for (int j = 0; j < z; j++)
                emission[i, j] = system.Emission[i, j];
            (emission[i, z + i], hair[i, i]) = (1, 1e-9);
        }
        var wide = new OracleSystem
        {
            InitialMean = [.. system.InitialMean, .. new double[d]],
            InitialCovariance = Beside(system.InitialCovariance, system.EmissionCovariance),
            Transition = Beside(system.Transition, null),
            TransitionOffset = [.. system.TransitionOffset, .. new double[d]],
            TransitionCovariance = Beside(system.TransitionCovariance, system.EmissionCovariance),
            Emission = emission,
            EmissionOffset = system.EmissionOffset,
            EmissionCovariance = hair,
        };
        var (_, mean, _) = new DenseGaussianOracle(wide, values.Length).Condition(values, observed);
        return [.. Enumerable.Range(0, values.Length).SelectMany(t =>
            LinearAlgebra.Add(LinearAlgebra.Multiply(emission, mean[(t * all)..((t + 1) * all)]), system.EmissionOffset))];
    }
}
