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

/// <summary>Training, evaluation and scoring of the chorales' model on a device, in batches that may fill it.</summary>
internal static class DeviceSpeed
{
    private const int Runs = 3;

    public static object Run(ChoraleData data, string name)
    {
        var device = DeviceChoice.Resolve(name, null, fallbackToCpu: false);
        Console.WriteLine($"device: {device}");
        var options = ChoraleData.Options;
        var parts = new ModelParts(options.Generative, options.Inference, options.FilteringProposal, new DataShape(88), ReadsMask: false);
        using var networks = parts.Create(1);
        networks.to(device);
        return new
        {
            benchmark = "device",
            device = $"{device}",
            training = new[] { 20, 80, data.Sequences.Count }.Select(size => Training(networks, data, options with { BatchSize = size }, device)).ToArray(),
            evaluation = Evaluation(networks, data, device),
            scoring = Scoring(networks, data, device),
        };
    }

    private static object Training(StateSpaceNetworks networks, ChoraleData data, DeepMarkovTrainer.Options options, Device device)
    {
        Sequence[] one = [data.Sequences.MinBy(s => s.Length)!];
        var timing = Timing.Of(Runs, () =>
        {
            var stage = new Stage(TrainingStage.Model, networks.Generative, networks.Inference, options.Bound, options, true);
            using var loop = new TrainingLoop(stage, data.Sequences, one, device, null, CancellationToken.None);
            loop.Run();
        });
        int steps = data.Sequences.Sum(s => s.Length);
        Console.WriteLine($"training, batches of {options.BatchSize,-4} {timing.Median:f3} s an epoch, {timing.Median / steps * 1e6:f1} µs a sequence step");
        return new { batchSize = options.BatchSize, timing };
    }

    private static object Evaluation(StateSpaceNetworks networks, ChoraleData data, Device device)
    {
        const int Particles = 128;
        networks.eval();
        using var guard = no_grad();
        using var batch = SequenceBatch.Create([.. data.Sequences.Take(20)], device);
        var timing = Timing.Of(Runs, () =>
        {
            using var scope = NewDisposeScope();
            using var noise = new RowNoise(1, batch.NoiseKeys, Particles, device);
            var terms = ParticleLoop.Run(networks.Generative, networks.Inference, batch, noise, ResamplingCriterion.EffectiveSampleSize);
            // Reading the result waits for the device.
            terms.LogEvidence.sum().item<float>();
        });
        Console.WriteLine($"FIVO, 20 chorales, {Particles} particles   {timing.Median:f3} s");
        return new { particles = Particles, timing };
    }

    private static object Scoring(StateSpaceNetworks networks, ChoraleData data, Device device)
    {
        networks.eval();
        var scorer = new SequenceScorer(networks, new ScoringOptions(), device);
        var rows = data.Sequences.Take(64).ToList();
        var timing = Timing.Of(Runs, () =>
        {
            foreach (var chunk in rows.Chunk(scorer.RowsPerBatch))
                scorer.Score(chunk, ScoreOutputs.SmoothedMean);
        });
        Console.WriteLine($"smoothed means   {rows.Count / timing.Median:f1} rows/s");
        return new { rowsPerSecond = rows.Count / timing.Median, timing };
    }
}
