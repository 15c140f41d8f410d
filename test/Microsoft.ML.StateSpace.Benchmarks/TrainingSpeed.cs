using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Training steps per second: one epoch of the model's own stage, validation left out of the count.</summary>
internal static class TrainingSpeed
{
    public static object Run(ChoraleData data)
    {
        var options = ChoraleData.Options;
        var parts = new ModelParts(options.Generative, options.Inference, options.FilteringProposal, new DataShape(88), ReadsMask: false);
        using var networks = parts.Create(1);
        Sequence[] one = [data.Sequences.MinBy(s => s.Length)!];
        int updates = 0;
        long allocated = 0;
        var timing = Timing.Of(5, () =>
        {
            var stage = new Stage(TrainingStage.Model, networks.Generative, networks.Inference, options.Bound, options, true);
            using var loop = new TrainingLoop(stage, data.Sequences, one, torch.CPU, null, CancellationToken.None);
            long before = GC.GetTotalAllocatedBytes(precise: true);
            updates = (int)loop.Run().Epochs[^1].Updates;
            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        });
        double steps = data.Sequences.Sum(s => s.Length);
        Console.WriteLine($"training   {timing.Median:f3} s an epoch ({timing.Least:f3} – {timing.Most:f3}): "
            + $"{updates / timing.Median:f1} updates/s, {steps / timing.Median:f0} sequence steps/s; {allocated / 1e6:f1} MB of managed memory allocated");
        return new { benchmark = "training", timing, updatesPerSecond = updates / timing.Median, stepsPerSecond = steps / timing.Median, allocatedBytesPerEpoch = allocated };
    }
}
