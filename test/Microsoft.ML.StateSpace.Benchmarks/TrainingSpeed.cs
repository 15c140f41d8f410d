using System.Diagnostics;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Training steps per second: one epoch of the model's own stage, validation left out of the count; by one worker and by two, and, for what
/// two processors can do at all, by two trainings that know nothing of each other.</summary>
internal static class TrainingSpeed
{
    private const int Runs = 9;

    public static object Run(ChoraleData data)
    {
        var options = ChoraleData.Options;
        var parts = new ModelParts(options.Generative, options.Inference, options.FilteringProposal, new DataShape(88), ReadsMask: false);
        using StateSpaceNetworks networks = parts.Create(1), others = parts.Create(2);
        return new { benchmark = "training", cases = new[] { 20, 40, 80 }.Select(batchSize => Compare(networks, others, data, options with { BatchSize = batchSize })).ToArray() };
    }

    // In turns, so that what else the machine does falls on all.
    private static object Compare(StateSpaceNetworks networks, StateSpaceNetworks others, ChoraleData data, TrainingOptions options)
    {
        var (one, two, apart) = (new List<double>(), new List<double>(), new List<double>());
        var (updates, allocated) = (0, 0L);
        // The compiler works on the core that the second worker wants.
        Timing.WarmUp(() => Epoch(networks, data, options with { Workers = 2 }));
        Epoch(networks, data, options);
        for (int run = 0; run < Runs; run++)
        {
            (double seconds, updates, allocated) = Epoch(networks, data, options);
            double shared = Epoch(networks, data, options with { Workers = 2 }).Seconds;
            one.Add(seconds);
            two.Add(shared);
            apart.Add(Apart());
        }
        var (alone, together) = (Timing.Of(one), Timing.Of(two));
        var ratio = Timing.Of(one.Zip(two, (a, b) => a / b));
        var possible = Timing.Of(one.Zip(apart, (a, b) => 2 * a / b));
        double steps = data.Sequences.Sum(s => s.Length);
        Console.WriteLine($"training, batches of {options.BatchSize}   {alone.Median:f3} s an epoch ({alone.Least:f3} – {alone.Most:f3}): {updates / alone.Median:f1} updates/s, "
            + $"{steps / alone.Median:f0} sequence steps/s; {allocated / 1e6:f1} MB of managed memory allocated; two workers {together.Median:f3} s: {ratio.Median:f2} times as fast ({ratio.Least:f2} – {ratio.Most:f2}); "
            + $"two trainings at once: {possible.Median:f2} times as many epochs ({possible.Least:f2} – {possible.Most:f2})");
        return new
        {
            batchSize = options.BatchSize, timing = alone, twoWorkers = together, ratioOfTwoWorkers = ratio, ratioOfTwoTrainings = possible,
            updatesPerSecond = updates / alone.Median, stepsPerSecond = steps / alone.Median, allocatedBytesPerEpoch = allocated,
        };

        // The mean of both: the later one ends alone.
        double Apart()
        {
            double there = 0;
            var other = new Thread(() => there = Epoch(others, data, options).Seconds);
            other.Start();
            double here = Epoch(networks, data, options).Seconds;
            other.Join();
            return (here + there) / 2;
        }
    }

    private static (double Seconds, int Updates, long Allocated) Epoch(StateSpaceNetworks networks, ChoraleData data, TrainingOptions options)
    {
        Sequence[] one = [data.Sequences.MinBy(s => s.Length)!];
        var stage = new Stage(TrainingStage.Model, networks.Generative, networks.Inference, ChoraleData.Options.Bound, options, true);
        var updates = new Updates();
        using var loop = new TrainingLoop(stage, data.Sequences, one, torch.CPU, updates, CancellationToken.None);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        updates.Clock.Start();
        var history = loop.Run();
        return (updates.Seconds, (int)history.Epochs[^1].Updates, GC.GetTotalAllocatedBytes(precise: true) - before);
    }

    // When the last update was done.
    private sealed class Updates : ITrainingObserver
    {
        public Stopwatch Clock { get; } = new();

        public double Seconds { get; private set; }

        public bool OnUpdate(TrainingProgress progress)
        {
            Seconds = Clock.Elapsed.TotalSeconds;
            return true;
        }
    }
}
