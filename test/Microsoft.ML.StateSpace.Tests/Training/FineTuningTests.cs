using Microsoft.ML.Runtime;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Tool;
using Microsoft.ML.StateSpace.Tests.Trainers;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Trainers;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Training goes on from a trained model's weights; what does not fit is named.</summary>
[TestClass]
public class FineTuningTests
{
    private readonly MLContext _ml = new();
    private readonly List<string> _warnings = [];

    public FineTuningTests() => _ml.Log += (_, entry) =>
    {
        if (entry.Kind == ChannelMessageKind.Warning)
            _warnings.Add(entry.RawMessage);
    };

    private IDataView Data => _ml.Data.LoadFromEnumerable(Rows.Make(30));

    // Too small a rate to change a weight above 1e-23: what training ends with is what it began with.
    private static DeepMarkovTrainer.Options Standing(int seed = 2) =>
        Rows.Options(epochs: 1) with { LearningRate = 1e-30, WeightAveraging = 0, Seed = seed, FilteringProposal = new() { Epochs = 1, LearningRate = 1e-30 } };

    [TestMethod]
    public void AllWeightsOfTheSameModelAreTakenOver()
    {
        using var first = _ml.StateSpace.Trainers.DeepMarkov(Rows.Options()).Fit(Data);
        using var second = _ml.StateSpace.Trainers.DeepMarkov(Standing() with { InitialModel = first }).Fit(Data);
        foreach (var (name, weight) in first.Networks.state_dict())
            Assert.IsTrue(weight.allclose(second.Networks.state_dict()[name], 0, 1e-20), name);
        Assert.IsEmpty(_warnings);
    }

    [TestMethod]
    public void WhatBeginsFreshAndWhatIsLeftOverIsNamed()
    {
        using var first = _ml.StateSpace.Trainers.DeepMarkov(Rows.Options()).Fit(Data);
        var options = Standing() with
        {
            Generative = new DeepMarkovModel { LatentSize = 3, Transition = new LinearTransition(), Emission = new GaussianEmission { HiddenSize = 9 } },
        };
        using var fresh = _ml.StateSpace.Trainers.DeepMarkov(options).Fit(Data);
        using var second = _ml.StateSpace.Trainers.DeepMarkov(options with { InitialModel = first }).Fit(Data);
        Assert.HasCount(2, _warnings);
        StringAssert.Contains(_warnings[0], "begin fresh");
        StringAssert.Contains(_warnings[0], "generative.transition.mean.weight");
        StringAssert.Contains(_warnings[0], "generative.emission.hidden.layers.0.weight");
        Assert.IsFalse(_warnings[0].Contains("inference", StringComparison.Ordinal));
        StringAssert.Contains(_warnings[1], "generative.transition.gate.weight");
        AssertSame(fresh, second, "generative.emission.mean.weight");
        AssertSame(first, second, "inference.head.map.weight");
    }

    [TestMethod]
    public void AModelThatSharesNothingOrIsNoneIsRefused()
    {
        using var first = _ml.StateSpace.Trainers.DeepMarkov(Rows.Options()).Fit(Data);
        var other = Standing() with
        {
            ObservationSize = 1,
            MaskColumnName = null,
            Generative = new DeepMarkovModel { LatentSize = 4, Transition = new GatedTransition { HiddenSize = 9 }, Emission = new GaussianEmission { HiddenSize = 9 } },
            Inference = new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 9 },
            InitialModel = first,
        };
        var error = Assert.ThrowsExactly<OptionsException>(() => _ml.StateSpace.Trainers.DeepMarkov(other).Fit(Data));
        StringAssert.StartsWith(error.Message, "InitialModel has no weight");
        ITransformer copies = _ml.Transforms.CopyColumns("Copy", "Name").Fit(Data);
        error = Assert.ThrowsExactly<OptionsException>(() => _ml.StateSpace.Trainers.DeepMarkov(Standing() with { InitialModel = copies }));
        StringAssert.StartsWith(error.Message, "InitialModel is a ColumnCopyingTransformer");
    }

    [TestMethod]
    public void AChainAndALoadedModelWillDo()
    {
        string path = Path.GetTempFileName();
        try
        {
            var chain = _ml.Transforms.CopyColumns("Copy", "Name").Append(_ml.StateSpace.Trainers.DeepMarkov(Rows.Options())).Fit(Data);
            _ml.Model.Save(chain, Data.Schema, path);
            using var second = _ml.StateSpace.Trainers.DeepMarkov(Standing() with { InitialModel = _ml.Model.Load(path, out _) }).Fit(Data);
            AssertSame(chain.LastTransformer, second, "inference.head.map.weight");
            chain.Dispose();
            Assert.ThrowsExactly<ObjectDisposedException>(() => _ml.StateSpace.Trainers.DeepMarkov(Standing() with { InitialModel = chain }).Fit(Data));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void TheCommandLineGoesOnFromAModel()
    {
        using var line = new Tool.CommandLine();
        string data = line.WriteSequences("data.parquet"), model = line.TrainModel(data);
        string[] train = ["train", line.Path("config.json"), "--train", data, "--device", "cpu", "--model", line.Path("next.zip"), "--from"];
        Assert.AreEqual(ExitCode.Ok, line.Run([.. train, model]), line.Messages);
        Assert.IsFalse(line.Messages.Contains("warning:", StringComparison.Ordinal), line.Messages);
        Assert.AreEqual(ExitCode.Ok, line.Run([.. train, model, "--set", "inference.hiddenSize=9"]), line.Messages);
        string warning = line.Messages.Split('\n').First(l => l.StartsWith("warning:", StringComparison.Ordinal));
        StringAssert.Contains(warning, "inference.combiner.weight");
        Assert.AreEqual(ExitCode.BadFile, line.Run([.. train, line.Path("none.zip")]), line.Messages);
        StringAssert.Contains(line.ErrorLines.Single(), "none.zip");
    }

    private static void AssertSame(DeepMarkovTransformer a, DeepMarkovTransformer b, string name) =>
        Assert.IsTrue(a.Networks.state_dict()[name].allclose(b.Networks.state_dict()[name], 0, 1e-20), name);
}
