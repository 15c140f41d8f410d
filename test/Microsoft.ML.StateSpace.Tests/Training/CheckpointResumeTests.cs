using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Trainers;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>A training that was interrupted and gone on with ends, to the bit, as one that never was.</summary>
[TestClass]
public sealed class CheckpointResumeTests : IDisposable
{
    private static readonly DeepMarkovTrainer.Options s_usual = Rows.Options(epochs: 4) with
    {
        FilteringProposal = new FilteringProposal { Epochs = 2 },
        Patience = 0,
    };

    private static readonly LinearGaussianModel s_linear = new() { LatentSize = 2 };

    // Whatever a training remembers from update to update stands in one of these.
    private static readonly Dictionary<string, DeepMarkovTrainer.Options> s_cases = new()
    {
        ["adamw"] = s_usual,
        ["adam"] = s_usual with { Optimizer = new Adam { WeightDecay = 0.01 }, WeightAveraging = 0 },
        ["rmsprop"] = s_usual with { Optimizer = new RmsProp { Momentum = 0.5, Centered = true } },
        ["sgd"] = s_usual with { Optimizer = new Sgd { Momentum = 0.9, Nesterov = true }, LearningRate = 0.01 },
        ["sgd-plain"] = s_usual with { Optimizer = new Sgd(), LearningRate = 0.01 },
        ["kl-updates"] = s_usual with { Bound = new Elbo { KlSchedule = new LinearInUpdates { Updates = 7 } } },
        ["kl-short-form"] = s_usual with { Bound = new Elbo { KlWarmUpUpdates = 5 } },
        ["kl-power"] = s_usual with { Bound = new Elbo { KlSchedule = new PowerOfEpoch { Epochs = 3 } }, LearningRateSchedule = new StepDecay { EveryEpochs = 2 }, FinalLearningRateRatio = 0.1 },
        ["kl-epochs"] = s_usual with { Bound = new Elbo { KlSchedule = new LinearInEpochs { Epochs = 3 } }, LearningRateSchedule = new ExponentialDecay { RatioPerUpdate = 0.9, WarmUpUpdates = 4 } },
        ["dropout-clips"] = s_usual with { Inference = new StructuredInference { HiddenSize = 8, Dropout = 0.3 }, ClipLength = 6, BatchSize = 5 },
        ["iwae-penalty"] = s_usual with { Bound = new Iwae { Samples = 3 }, Penalties = [new WeightPenalty { L2 = 0.01 }], BatchSize = 5 },
        ["fivo-score"] = s_usual with
        {
            Inference = new StructuredInference { Direction = Direction.Forward, HiddenSize = 8 },
            Bound = new Fivo { Samples = 4, Resampling = new MultinomialResampling(), ScoreFunctionGradient = true },
        },
        ["fivo-tilt"] = s_usual with
        {
            Inference = new StructuredInference { Direction = Direction.Forward, HiddenSize = 8 },
            Bound = new Fivo { Samples = 3, Tilt = new TiltNetwork { HiddenSize = 5 } },
        },
        ["avf"] = s_usual with { Inference = new IterativeInference { HiddenSize = 8 } },
        ["vrnn-windows"] = s_usual with
        {
            Generative = new VrnnModel { LatentSize = 2, HiddenSize = 6, EncoderSize = 4, PriorSize = 4, Cell = RnnCell.Lstm },
            Inference = new SmoothingPathProposal { HiddenSize = 6 },
            BackpropagationSteps = 5,
        },
        ["fed-back"] = s_usual with { Generative = new DeepMarkovModel { LatentSize = 3, Transition = new GatedTransition { HiddenSize = 8 }, Augmented = true } },
        ["windows"] = s_usual with { BackpropagationSteps = 4 },
        ["windows-fed-back"] = s_usual with
        {
            Generative = new DeepMarkovModel { LatentSize = 3, Transition = new GatedTransition { HiddenSize = 8 }, Augmented = true },
            BackpropagationSteps = 4,
        },
        ["em"] = s_usual with { Generative = s_linear, Inference = new ExactInference(), Bound = new ExpectationMaximization { Tolerance = 0 } },
        ["workers"] = s_usual with { Workers = 3, BatchSize = 5 },
        ["workers-windows"] = s_usual with { Workers = 2, BackpropagationSteps = 4 },
        ["short-epochs"] = s_usual with { UpdatesPerEpoch = 3, BatchSize = 4 },
        ["streamed"] = s_usual with { MaxRowsInMemory = 9, BatchSize = 4 },
        ["streamed-windows"] = s_usual with { MaxRowsInMemory = 9, BatchSize = 4, BackpropagationSteps = 5, ClipLength = 9 },
        ["streamed-short-epochs"] = s_usual with { MaxRowsInMemory = 12, BatchSize = 4, UpdatesPerEpoch = 3 },
        ["streamed-em"] = s_usual with { Generative = s_linear, Inference = new ExactInference(), Bound = new ExpectationMaximization { Tolerance = 0 }, MaxRowsInMemory = 9, BatchSize = 4 },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("statespace-").FullName;
    private readonly MLContext _ml = new();

    public static IEnumerable<object[]> Cases => s_cases.Keys.Select(name => new object[] { name });

    private string Checkpoint => Path.Combine(_folder, "a", "checkpoint");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void EndsAsIfNeverInterrupted(string name)
    {
        var options = s_cases[name];
        var data = _ml.Data.LoadFromEnumerable(Rows.Make(22));
        var log = new UpdateLog();
        using var whole = _ml.StateSpace.Trainers.DeepMarkov(options with { Observer = log }).Fit(data);
        int perEpoch = log.Updates.Count(u => u is { Stage: TrainingStage.Model, Epoch: 1 });
        bool twoStages = log.Updates.Any(u => u.Stage == TrainingStage.FilteringProposal);

        var written = options with { CheckpointPath = Checkpoint };
        // A crash within the second epoch, which is then begun again.
        Crash(written with { Observer = new Interruption(TrainingStage.Model, 2, 2, crash: true) });
        // A request to stop within the third, which is then gone on with in its midst.
        var stop = new Interruption(TrainingStage.Model, 3, Math.Max(1, perEpoch / 2), crash: false);
        using (var stopped = _ml.StateSpace.Trainers.DeepMarkov(written with { ResumeFrom = Checkpoint, Observer = stop }).Fit(data))
            Assert.AreEqual(StopReason.Observer, stopped.History.StopReason);
        if (twoStages)
            Crash(written with { ResumeFrom = Checkpoint, Observer = new Interruption(TrainingStage.FilteringProposal, 2, 1, crash: true) });
        var rest = new UpdateLog();
        using var resumed = _ml.StateSpace.Trainers.DeepMarkov(written with { ResumeFrom = Checkpoint, Observer = rest }).Fit(data);
        Outcome.AreEqual(Outcome.Of(whole), Outcome.Of(resumed));
        Assert.IsLessThan(log.Updates.Count, rest.Updates.Count, "what was done is not done again");

        void Crash(DeepMarkovTrainer.Options with) =>
            Assert.ThrowsExactly<Interruption.CrashException>(() => _ml.StateSpace.Trainers.DeepMarkov(with).Fit(data).Dispose());
    }

    [TestMethod]
    public void ACheckpointWithinAnEpochLosesOneUpdateAtMost()
    {
        var data = _ml.Data.LoadFromEnumerable(Rows.Make(30));
        var options = s_usual with { BatchSize = 4, CheckpointPath = Checkpoint, CheckpointEvery = new(Time: TimeSpan.FromTicks(1)) };
        Assert.ThrowsExactly<Interruption.CrashException>(() => _ml.StateSpace.Trainers.DeepMarkov(
            options with { Observer = new Interruption(TrainingStage.Model, 2, 4, crash: true) }).Fit(data).Dispose());
        var log = new UpdateLog();
        using var resumed = _ml.StateSpace.Trainers.DeepMarkov(options with { ResumeFrom = Checkpoint, Observer = log }).Fit(data);
        Assert.AreEqual((2, 4), (log.Updates[0].Epoch, log.Updates[0].Batch));
        using var whole = _ml.StateSpace.Trainers.DeepMarkov(options with { CheckpointPath = null }).Fit(data);
        Outcome.AreEqual(Outcome.Of(whole), Outcome.Of(resumed));
    }

    [TestMethod]
    public void EpochsFromOneToTheNextAreCounted()
    {
        var data = _ml.Data.LoadFromEnumerable(Rows.Make(20));
        var options = s_usual with { CheckpointPath = Checkpoint, CheckpointEvery = new(Epochs: 2) };
        Assert.ThrowsExactly<Interruption.CrashException>(() => _ml.StateSpace.Trainers.DeepMarkov(
            options with { Observer = new Interruption(TrainingStage.Model, 4, 1, crash: true) }).Fit(data).Dispose());
        var log = new UpdateLog();
        using var resumed = _ml.StateSpace.Trainers.DeepMarkov(options with { ResumeFrom = Checkpoint, Observer = log }).Fit(data);
        Assert.AreEqual((3, 1), (log.Updates[0].Epoch, log.Updates[0].Batch));
    }

    [TestMethod]
    public void AFinishedTrainingIsNotTrainedAgain()
    {
        var data = _ml.Data.LoadFromEnumerable(Rows.Make(20));
        // Patience ends it: that must be seen again when there is no epoch left to see it after.
        var options = s_usual with { Epochs = 30, Patience = 1, LearningRate = 0.3, CheckpointPath = Checkpoint };
        using var whole = _ml.StateSpace.Trainers.DeepMarkov(options).Fit(data);
        Assert.AreEqual(StopReason.EarlyStopping, whole.History.StopReason);
        var log = new UpdateLog();
        using var resumed = _ml.StateSpace.Trainers.DeepMarkov(options with { ResumeFrom = Checkpoint, Observer = log }).Fit(data);
        Outcome.AreEqual(Outcome.Of(whole), Outcome.Of(resumed));
        Assert.HasCount(0, log.Updates);
    }

    [TestMethod]
    public void TheTimeBeforeTheInterruptionCounts()
    {
        var data = _ml.Data.LoadFromEnumerable(Rows.Make(20));
        var options = s_usual with { CheckpointPath = Checkpoint };
        Assert.ThrowsExactly<Interruption.CrashException>(() => _ml.StateSpace.Trainers.DeepMarkov(
            options with { Observer = new Interruption(TrainingStage.Model, 3, 1, crash: true) }).Fit(data).Dispose());
        // More time than before may be given, or less: the schedule is the same.
        var log = new UpdateLog();
        using var over = _ml.StateSpace.Trainers.DeepMarkov(options with { ResumeFrom = Checkpoint, MaxTime = TimeSpan.FromTicks(10), Observer = log }).Fit(data);
        Assert.AreEqual(StopReason.TimeLimit, over.History.StopReason);
        Assert.HasCount(0, log.Updates.Where(u => u.Stage == TrainingStage.Model));
        Assert.IsTrue(over.History.Epochs.Where(e => e.Stage == TrainingStage.Model).Select(e => e.Seconds).SequenceEqual(
            over.History.Epochs.Where(e => e.Stage == TrainingStage.Model).Select(e => e.Seconds).Order()));
    }

    [TestMethod]
    public void ASeedThatWasDrawnIsGoneOnWith()
    {
        var options = s_usual with { Seed = null, CheckpointPath = Checkpoint };
        using var whole = Fit(new MLContext(), options);
        Assert.ThrowsExactly<Interruption.CrashException>(() => Fit(new MLContext(), options with { Observer = new Interruption(TrainingStage.Model, 3, 1, crash: true) }).Dispose());
        using var resumed = Fit(new MLContext(), options with { ResumeFrom = Checkpoint });
        using var again = Fit(new MLContext(), options with { Seed = resumed.Options.Seed, CheckpointPath = null });
        Assert.AreNotEqual(whole.Options.Seed, resumed.Options.Seed);
        Outcome.AreEqual(Outcome.Of(again), Outcome.Of(resumed));

        static DeepMarkovTransformer Fit(MLContext ml, DeepMarkovTrainer.Options with) =>
            ml.StateSpace.Trainers.DeepMarkov(with).Fit(ml.Data.LoadFromEnumerable(Rows.Make(20)));
    }

    [TestMethod]
    public void WritingCheckpointsChangesNothing()
    {
        var data = _ml.Data.LoadFromEnumerable(Rows.Make(20));
        using var without = _ml.StateSpace.Trainers.DeepMarkov(s_usual).Fit(data);
        using var with = _ml.StateSpace.Trainers.DeepMarkov(s_usual with { CheckpointPath = Checkpoint, CheckpointEvery = new(Time: TimeSpan.FromTicks(1)) }).Fit(data);
        Outcome.AreEqual(Outcome.Of(without), Outcome.Of(with));
        CollectionAssert.AreEqual(new[] { Checkpoint }, Directory.GetFiles(Path.GetDirectoryName(Checkpoint)!), "no part of a file is left behind");
    }
}
