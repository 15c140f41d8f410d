using System.Globalization;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>How processor time grows with sequences, steps, particles and latents, over two decades of each; drawn as it is measured.</summary>
internal static class Scaling
{
    private const int Rounds = 5, BatchSize = 20, Particles = 16;

    public static object Run(string figure)
    {
        Panel[] panels =
        [
            new("sequences", "µs a step", [20, 60, 200, 600, 2000], Slope: 0)
            {
                ["training"] = count => Training(count, 50, 8) with { PerUnit = 1e6 / (50 * count) },
                ["filtering bound"] = count => Filtering(count, 50, Particles, 8) with { PerUnit = 1e6 / (50 * count) },
            },
            new("steps of a sequence", "ms a sequence", [100, 300, 1000, 3000, 10_000], Slope: 1)
            {
                ["training"] = steps => Training(BatchSize, steps, 8) with { PerUnit = 1e3 / BatchSize },
                ["filtering bound"] = steps => Filtering(1, steps, Particles, 8) with { PerUnit = 1e3 },
            },
            new("particles", "µs a step", [10, 30, 100, 300, 1000], Slope: 1)
            {
                ["filtering bound"] = particles => Filtering(BatchSize, 50, particles, 8) with { PerUnit = 1e6 / (50 * BatchSize) },
                ["with 64 latents"] = particles => Filtering(BatchSize, 50, particles, 64) with { PerUnit = 1e6 / (50 * BatchSize) },
            },
            new("latents", "µs a step", [4, 12, 40, 120, 400], Slope: 1)
            {
                ["training"] = latents => Training(BatchSize, 50, latents) with { PerUnit = 1e6 / (50 * BatchSize) },
                ["filtering bound"] = latents => Filtering(BatchSize, 50, Particles, latents) with { PerUnit = 1e6 / (50 * BatchSize) },
            },
        ];
        foreach (var panel in panels)
            panel.Measure();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(figure))!);
        File.WriteAllText(figure, LogFigure.Of([.. panels.Select(p => p.Drawn)]));
        Console.WriteLine($"written: {figure}");
        return new { benchmark = "scaling", batchSize = BatchSize, particles = Particles, panels = panels.Select(p => p.Drawn) };
    }

    // One epoch of batches, validation on one short sequence in it.
    private static Work Training(int count, int steps, int latents)
    {
        var networks = Make(latents);
        var options = new TrainingOptions { Epochs = 1, BatchSize = BatchSize, Patience = 0 };
        var rows = Rows(count, steps);
        return new Work(networks, () =>
        {
            var stage = new Stage(TrainingStage.Model, networks.Generative, networks.Inference, new Elbo(), options, true);
            using var loop = new TrainingLoop(stage, rows, Rows(1, 2), CPU, null, CancellationToken.None);
            loop.Run();
        });
    }

    private static Work Filtering(int count, int steps, int particles, int latents)
    {
        var networks = Make(latents);
        networks.eval();
        var batches = Rows(count, steps).Chunk(BatchSize).ToList();
        return new Work(networks, () =>
        {
            using var guard = no_grad();
            foreach (var rows in batches)
            {
                using var scope = NewDisposeScope();
                using var batch = SequenceBatch.Create(rows);
                using var noise = new RowNoise(1, batch.NoiseKeys, particles);
                ParticleLoop.Run(networks.Generative, networks.Inference, batch, noise, ResamplingCriterion.EffectiveSampleSize);
            }
        });
    }

    private static StateSpaceNetworks Make(int latents) => new ModelParts(
        new DeepMarkovModel { LatentSize = latents, Transition = new GatedTransition { HiddenSize = 64 }, Emission = new GaussianEmission { HiddenSize = 64 } },
        new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 64 }, new FilteringProposal(), new DataShape(2), ReadsMask: false).Create(1);

    private static List<Sequence> Rows(int count, int steps)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(i => new Sequence(2, [.. Enumerable.Range(0, 2 * steps).Select(_ => random.NextSingle() - 0.5f)], id: $"row-{i}"))];
    }

    /// <summary>What is timed.</summary>
    private sealed record Work(StateSpaceNetworks Networks, Action Run) : IDisposable
    {
        /// <summary>What a second is multiplied with.</summary>
        public double PerUnit { get; init; }

        public void Dispose() => Networks.Dispose();
    }

    /// <summary>What grows, how the time is given, at which sizes, and the slope to compare with.</summary>
    private sealed record Panel(string X, string Y, int[] Sizes, int Slope)
    {
        private readonly Dictionary<string, Func<int, Work>> _curves = [];
        private readonly List<LogCurve> _measured = [];

        public Func<int, Work> this[string name]
        {
            set => _curves[name] = value;
        }

        public LogPanel Drawn => new(X, Y, Slope, _measured);

        public void Measure()
        {
            foreach (var (name, make) in _curves)
            {
                double[] values = Measure([.. Sizes.Select(make)]);
                var curve = new LogCurve(name, [.. Sizes.Select(size => (double)size)], values);
                _measured.Add(curve);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"scale, {X,-20} {name,-16} {Y}: {string.Join(", ", Sizes.Zip(values, (n, v) => $"{n}: {v:g3}"))}; slope {curve.Slope:f2}, of the last two {curve.LastSlope:f2}"));
            }
        }

        // Sizes in turns, so that what else the machine does meets all of them.
        private static double[] Measure(Work[] works)
        {
            var seconds = works.Select(_ => new List<double>()).ToArray();
            for (int round = 0; round <= Rounds; round++)
                for (int i = 0; i < works.Length; i++)
                {
                    double time = Timing.Processor(works[i].Run);
                    // The first round warms up.
                    if (round > 0)
                        seconds[i].Add(time * works[i].PerUnit);
                }
            foreach (var work in works)
                work.Dispose();
            return [.. seconds.Select(times => Timing.Of(times).Median)];
        }
    }
}
