using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Scoring;

/// <summary>A row's scores are the same bits whatever rows stand beside it.</summary>
[TestClass]
public class NeighbourTests
{
    private static readonly Dictionary<string, (GenerativeModel Model, InferenceNetwork Network)> s_models = new()
    {
        ["dmm, backward"] = (new DeepMarkovModel { LatentSize = 2 }, new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 20 }),
        ["dmm, both, mlp"] = (new DeepMarkovModel { LatentSize = 3, Transition = new MlpTransition() }, new StructuredInference { Direction = Direction.Both, Cell = RnnCell.Lstm, HiddenSize = 7 }),
        ["dmm, mean field"] = (new DeepMarkovModel { LatentSize = 17, Emission = new StudentTEmission() }, new MeanFieldInference { Direction = Direction.Both, HiddenSize = 9 }),
        ["vrnn"] = (new VrnnModel { LatentSize = 3 }, new FilteringPathProposal()),
        ["vrnn, rnn"] = (new VrnnModel { LatentSize = 3, Cell = RnnCell.Rnn }, new FilteringPathProposal()),
        ["vrnn, gru"] = (new VrnnModel { LatentSize = 3, Cell = RnnCell.Gru }, new FilteringPathProposal()),
        ["srnn"] = (new SrnnModel { LatentSize = 3 }, new SmoothingPathProposal()),
    };

    public static IEnumerable<object[]> Cases => s_models.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void BitsAreTheSameAloneAndTogether(string name)
    {
        var (model, network) = s_models[name];
        var rows = RandomSequences.Make(9, 2, 6, missing: 0.2);
        using var networks = new ModelParts(model, network, new FilteringProposal(), new DataShape(2), ReadsMask: true).Create(1);
        networks.eval();
        var scorer = new SequenceScorer(networks, new ScoringOptions { Particles = 64, Horizon = 2 }, CPU);
        const ScoreOutputs All = (ScoreOutputs)8191;
        var together = scorer.Score(rows, All);
        for (int i = 0; i < rows.Count; i++)
        {
            var alone = scorer.Score([rows[i]], All)[0];
            foreach (var column in ScoreColumns.Of(new ScoringOptions()))
            {
                float[] expected = column.Values(alone), found = column.Values(together[i]);
                CollectionAssert.AreEqual(expected, found, $"{column.Name} of row {i}");
            }
        }
    }
}
