using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Updates whose numbers stay on the device until several are read, a CPU standing in for it: the same training, and faults named as
/// where each update is waited for.</summary>
[TestClass]
public class DeferredReadingTests
{
    private const int Updates = 3 * 5;

    [TestMethod]
    [DataRow(2, 1, 0.3)]
    [DataRow(2, 2, 0.3)]
    [DataRow(16, 1, 1e6)]
    [DataRow(int.MaxValue, 2, 0.3)]
    public void TheTrainingIsTheSame(int readEvery, int workers, double clip)
    {
        var options = new TrainingOptions { Epochs = 3, BatchSize = 4, GradientClipNorm = clip, Workers = workers, Patience = 0, Seed = 3 };
        var (expected, weights, bounds) = Train(options, readEvery: 1, new Elbo());
        var (found, deferred, reported) = Train(options, readEvery, new Elbo());
        Assert.AreEqual(clip < 1, expected.Epochs.Any(e => e.GradientNorm > clip));
        CollectionAssert.AreEqual(expected.Epochs.Select(e => e with { Seconds = 0 }).ToList(), found.Epochs.Select(e => e with { Seconds = 0 }).ToList());
        CollectionAssert.AreEqual(weights, deferred);
        Assert.HasCount(Updates, bounds);
        CollectionAssert.AreEqual(bounds, reported);
    }

    /// <summary>Sequences that stay on the device, whole, in clips and in windows, are those that are sent to it batch by batch.</summary>
    [TestMethod]
    [DataRow(null, null)]
    [DataRow(3, null)]
    [DataRow(null, 2)]
    public void ResidentSequencesTrainTheSameModel(int? clip, int? window)
    {
        var options = new TrainingOptions { Epochs = 3, BatchSize = 4, Patience = 0, Seed = 3, ClipLength = clip, BackpropagationSteps = window };
        var (expected, weights, bounds) = Train(options, readEvery: 1, new Elbo(), resident: false);
        var (found, kept, reported) = Train(options, readEvery: 16, new Elbo(), resident: true);
        CollectionAssert.AreEqual(expected.Epochs.Select(e => e with { Seconds = 0 }).ToList(), found.Epochs.Select(e => e with { Seconds = 0 }).ToList());
        CollectionAssert.AreEqual(weights, kept);
        CollectionAssert.AreEqual(bounds, reported);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(16)]
    public void TheFirstUpdateThatIsNotFiniteIsNamed(int readEvery)
    {
        var options = new TrainingOptions { Epochs = 2, BatchSize = 4, LearningRate = 1e30, WeightAveraging = 0, Patience = 0, Seed = 3 };
        var error = Assert.ThrowsExactly<NonFiniteBoundException>(() => Train(options, readEvery, new Elbo()));
        Assert.AreEqual((1, 2), (error.Epoch, error.Batch));
        Assert.AreEqual(Assert.ThrowsExactly<NonFiniteBoundException>(() => Train(options, 1, new Elbo())).Message, error.Message);
        StringAssert.StartsWith(error.Sequence, "'sequence-");
    }

    /// <summary>An observer's wish to stop is granted where the updates are read, and no update is lost.</summary>
    [TestMethod]
    public void AnObserverStopsWhereItIsTold()
    {
        var options = new TrainingOptions { Epochs = 3, BatchSize = 4, Patience = 0, Seed = 3 };
        var (history, _, reported) = Train(options, readEvery: 2, new Elbo(), stopAfter: 3);
        Assert.AreEqual(StopReason.Observer, history.StopReason);
        Assert.HasCount(4, reported);
        Assert.HasCount(1, history.Epochs);
    }

    private static List<Sequence> Sequences() => RandomSequences.Make(20, 2, 6);

    private static (TrainingHistory History, List<float> Weights, List<double> Reported) Train(TrainingOptions options, int readEvery, Bound bound, int stopAfter = int.MaxValue,
        bool? resident = null)
    {
        using var networks = new ModelParts(new DeepMarkovModel { LatentSize = 2 }, new StructuredInference { HiddenSize = 6 }, new FilteringProposal(),
            new DataShape(2), ReadsMask: false).Create(4);
        var stage = new Stage(TrainingStage.Model, networks.Generative, networks.Inference, bound, options, true);
        var watch = new Watch(stopAfter);
        var rows = Sequences();
        using var loop = new TrainingLoop(stage, TrainingSet.Of(rows), rows[..4], CPU, watch, CancellationToken.None, readEvery: readEvery, resident: resident);
        var history = loop.Run();
        return (history, [.. stage.Parameters.SelectMany(p => p.detach().cpu().data<float>().ToArray())], watch.Bounds);
    }

    private sealed class Watch(int stopAfter) : ITrainingObserver
    {
        public List<double> Bounds { get; } = [];

        public bool OnUpdate(TrainingProgress progress)
        {
            Bounds.Add(progress.TrainBound);
            return Bounds.Count < stopAfter;
        }
    }
}
