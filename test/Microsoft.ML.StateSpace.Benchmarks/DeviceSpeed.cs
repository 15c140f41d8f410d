using System.Diagnostics;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Training, evaluation and scoring of the chorales' model on a device, in batches that may fill it, and what the device did meanwhile.</summary>
internal static class DeviceSpeed
{
    private const int Runs = 9;

    public static object Run(ChoraleData data, PeerOptions options)
    {
        var device = options.Device;
        Console.WriteLine($"device: {device}");
        var model = ChoraleData.Options;
        var parts = new ModelParts(model.Generative, model.Inference, model.FilteringProposal, new DataShape(88), ReadsMask: false);
        using var networks = parts.Create(1);
        networks.to(device);
        var ceilings = Ceilings(device);
        return new
        {
            benchmark = "device",
            device = $"{device}",
            ceilings,
            training = new[] { 20, 80, data.Sequences.Count }.Select(size => Training(networks, data, model with { BatchSize = size }, device)).ToArray(),
            evaluation = new[] { 20, data.Sequences.Count }.Select(rows => Evaluation(networks, data, rows, device)).ToArray(),
            scoring = Scoring(networks, data, device),
        };
    }

    // What nothing can be faster than: products of matrices that fill the device, and calls that do next to nothing.
    private static object Ceilings(Device device)
    {
        using var scope = NewDisposeScope();
        int size = device.type == DeviceType.CPU ? 1024 : 8192;
        const int Calls = 10_000;
        Tensor a = rand([size, size], device: device), b = rand([size, size], device: device), c = zeros_like(a), one = zeros([1], device: device);
        var product = Timing.Of(Runs, () =>
        {
            c.addmm_(a, b, 0, 1);
            Wait(device);
        });
        var calls = Timing.Of(Runs, () =>
        {
            for (int i = 0; i < Calls; i++)
                one.add_(1);
            Wait(device);
        });
        double rate = 2.0 * size * size * size / product.Median / 1e12;
        Console.WriteLine($"ceilings         {rate:f2} TFLOP/s in a float32 product of {size}, {calls.Median / Calls * 1e6:f2} µs a call of one kernel");
        return new { teraflopPerSecond = rate, microsecondsPerCall = calls.Median / Calls * 1e6 };
    }

    private static object Training(StateSpaceNetworks networks, ChoraleData data, DeepMarkovTrainer.Options options, Device device)
    {
        Sequence[] one = [data.Sequences.MinBy(s => s.Length)!];
        var stage = new Stage(TrainingStage.Model, networks.Generative, networks.Inference, options.Bound, options with { Epochs = int.MaxValue }, true);
        var watch = new EpochWatch($"training-{options.BatchSize}");
        using (var loop = new TrainingLoop(stage, TrainingSet.Of(data.Sequences), one, device, watch, CancellationToken.None))
            loop.Run();
        var (timing, trace) = (Timing.Of(watch.Seconds), watch.Trace);
        int steps = data.Sequences.Sum(s => s.Length);
        long times = TrainingSet.Of(data.Sequences).Plan(options).Epoch(1).Batches.Sum(b => (long)b.Rows.Max(r => r.Length));
        Console.WriteLine($"training, batches of {options.BatchSize,-4} {timing.Median:f4} s an epoch ({timing.Least:f4} to {timing.Most:f4}), {timing.Median / steps * 1e6:f2} µs a sequence step, "
            + $"{timing.Median / times * 1e6:f1} µs a time step");
        Print(trace, times);
        return new { batchSize = options.BatchSize, timing, timeSteps = times, trace };
    }

    private static object Evaluation(StateSpaceNetworks networks, ChoraleData data, int rows, Device device)
    {
        const int Particles = 128;
        networks.eval();
        using var guard = no_grad();
        using var batch = SequenceBatch.Create([.. data.Sequences.Take(rows)], device);
        void Bound()
        {
            using var scope = NewDisposeScope();
            using var noise = new RowNoise(1, batch.NoiseKeys, Particles, device);
            var terms = ParticleLoop.Run(networks.Generative, networks.Inference, batch, noise, ResamplingCriterion.EffectiveSampleSize);
            // Reading the result waits for the device.
            terms.LogEvidence.sum().item<float>();
        }

        Timing.WarmUp(Bound);
        var timing = Timing.Of(Runs, Bound);
        Console.WriteLine($"FIVO, {rows} chorales, {Particles} particles   {timing.Median:f4} s, {timing.Median / batch.Steps * 1e6:f1} µs a time step");
        var trace = DeviceTrace.Of($"fivo-{rows}", Bound);
        Print(trace, batch.Steps);
        return new { rows, particles = Particles, timing, trace };
    }

    private static object Scoring(StateSpaceNetworks networks, ChoraleData data, Device device)
    {
        networks.eval();
        var scorer = new SequenceScorer(networks, new ScoringOptions(), device);
        var rows = data.Sequences.Take(64).ToList();
        const ScoreOutputs Columns = ScoreOutputs.SmoothedMean | ScoreOutputs.FilteredMean | ScoreOutputs.LogLikelihood;
        List<SequenceScores> Scores(SequenceScorer by, ScoreOutputs columns) => [.. rows.Chunk(by.RowsPerBatch).SelectMany(chunk => by.Score(chunk, columns))];
        var results = new List<object>();
        foreach (var columns in new[] { ScoreOutputs.SmoothedMean, Columns })
        {
            Timing.WarmUp(() => Scores(scorer, columns));
            var timing = Timing.Of(Runs, () => Scores(scorer, columns));
            Console.WriteLine($"scoring {columns}   {rows.Count / timing.Median:f1} rows/s");
            var trace = DeviceTrace.Of($"scoring-{results.Count}", () => Scores(scorer, columns));
            Print(trace, rows.Chunk(scorer.RowsPerBatch).Sum(chunk => chunk.Max(r => (long)r.Length)));
            results.Add(new { columns = $"{columns}", rowsPerSecond = rows.Count / timing.Median, timing, trace });
        }
        var there = Scores(scorer, Columns);
        networks.to(CPU);
        var here = Scores(new SequenceScorer(networks, new ScoringOptions(), CPU), Columns);
        foreach (var column in ScoreColumns.Of(new ScoringOptions()).Where(c => Columns.HasFlag(c.Output)))
        {
            double[] apart = [.. here.Zip(there).SelectMany(p => column.Values(p.First).Zip(column.Values(p.Second), (a, b) => Math.Abs((double)a - b))).Order()];
            Console.WriteLine($"{column.Name}: from those of the CPU {apart[apart.Length / 2]:g2} in the middle, {apart[^1]:g2} at most");
        }
        networks.to(device);
        return results;
    }

    // Lets a training warm up for three seconds, takes the time of some epochs, traces one more, and ends it.
    private sealed class EpochWatch(string name) : ITrainingObserver
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private double _last;
        private bool _isTracing;

        public List<double> Seconds { get; } = [];

        public DeviceTrace? Trace { get; private set; }

        public bool OnEpoch(EpochRecord epoch)
        {
            if (_isTracing)
                Trace = DeviceTrace.End(name);
            if (_isTracing || Seconds.Count == Runs && !(_isTracing = DeviceTrace.Begin()))
                return false;
            double now = _clock.Elapsed.TotalSeconds;
            if (_last > 3 && !_isTracing)
                Seconds.Add(now - _last);
            _last = now;
            return true;
        }
    }

    private static void Print(DeviceTrace? trace, long timeSteps)
    {
        if (trace is null)
            return;
        Console.WriteLine($"    {trace.Line(timeSteps)}");
        foreach (var use in trace.Most)
            Console.WriteLine($"      {use.Count,7} × {use.Seconds / use.Count * 1e6,6:f1} µs  {(use.Name.Length > 110 ? use.Name[..110] : use.Name)}");
    }

    private static void Wait(Device device)
    {
        if (device.type == DeviceType.CUDA)
            cuda.synchronize(device);
    }
}
