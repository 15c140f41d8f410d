using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Ends a training at an update: as a crash would, or by asking it to stop.</summary>
internal sealed class Interruption(TrainingStage stage, int epoch, int update, bool crash) : ITrainingObserver
{
    /// <summary>The update it came to.</summary>
    public TrainingProgress? At { get; private set; }

    public bool OnUpdate(TrainingProgress progress)
    {
        if (progress.Stage != stage || progress.Epoch != epoch || progress.Batch != update)
            return true;
        At = progress;
        return crash ? throw new CrashException() : false;
    }

    public sealed class CrashException : Exception;
}

/// <summary>Takes note of every update.</summary>
internal sealed class UpdateLog : ITrainingObserver
{
    public List<TrainingProgress> Updates { get; } = [];

    public bool OnUpdate(TrainingProgress progress)
    {
        Updates.Add(progress);
        return true;
    }
}

/// <summary>What a training came to, apart from how long it took.</summary>
internal static class Outcome
{
    /// <summary>Weights and figures, bit by bit.</summary>
    public static Dictionary<string, string> Of(DeepMarkovTransformer model)
    {
        var parts = model.Networks.state_dict().ToDictionary(w => w.Key, w =>
        {
            using var scope = TorchSharp.torch.NewDisposeScope();
            return Convert.ToHexString(w.Value.detach().contiguous().bytes);
        });
        foreach (var epoch in model.History.Epochs)
            parts[$"{epoch.Stage} {epoch.Epoch}"] = (epoch with { Seconds = 0 }).ToString();
        parts["history"] = $"{model.History.BestEpoch} {model.History.BestValidationBound:r} {model.History.StopReason}";
        return parts;
    }

    /// <summary>Fails with the names of the parts that differ.</summary>
    public static void AreEqual(Dictionary<string, string> expected, Dictionary<string, string> actual)
    {
        CollectionAssert.AreEquivalent(expected.Keys, actual.Keys);
        Assert.AreEqual("", string.Join("\n", expected.Where(e => actual[e.Key] != e.Value)
            .Select(e => e.Value.Length < 400 ? $"{e.Key}: {e.Value} | {actual[e.Key]}" : e.Key)));
    }
}
