using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>A scan of, and 500 updates on, a Parquet file that is larger than the memory it takes.</summary>
internal static class LargeTraining
{
    private const int Steps = 100, Size = 8, Updates = 500;

    // What a row takes on the disk: its numbers do not compress.
    private const double RowBytes = Steps * Size * sizeof(float);

    private static readonly DeepMarkovTrainer.Options s_options = new()
    {
        ObservationSize = Size,
        SequenceIdColumnName = "SequenceId",
        Generative = new DeepMarkovModel { LatentSize = 8, Transition = new GatedTransition { HiddenSize = 32 }, Emission = new GaussianEmission { HiddenSize = 32 } },
        Inference = new StructuredInference { Direction = Direction.Forward, Cell = RnnCell.Gru, HiddenSize = 32 },
        Bound = new Elbo(),
        BatchSize = 20,
        Epochs = 1,
        UpdatesPerEpoch = Updates,
        MaxRowsInMemory = 4000,
        ValidationFraction = 0.001,
        CalibrationSteps = 0,
        Seed = 1,
    };

    public static object Run(double gigabytes)
    {
        string folder = Directory.CreateTempSubdirectory("bench-large-").FullName;
        try
        {
            return Run(Path.Combine(folder, "large.parquet"), gigabytes, (int)(gigabytes * 1e9 / RowBytes));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static object Run(string path, double gigabytes, int rows)
    {
        var (_, writing) = Timing.With(() => Walks.Write(path, rows, Steps, Size));
        int groups = GroupsOf(path);
        var context = new MLContext(seed: 1);
        var view = context.StateSpace.Data.LoadFromParquet(path);
        double before = Memory.Peak();
        var binding = new SequenceBinding(view.Schema, s_options.Columns);
        var (survey, scanning) = Timing.With(() => StreamSurvey.Of(view, binding, s_options.ValidationFraction, s_options.MaxRowsInMemory!.Value, s_options.KnownSeed));
        double scanned = Memory.Peak();
        // What the epoch below will draw: row groups are of one size.
        var drawn = new StreamedSet(view, binding, survey, s_options.MaxRowsInMemory!.Value).Plan(s_options).Epoch(1).Batches.SelectMany(b => b.Places).ToList();
        int reached = drawn.Select(row => (long)row * groups / rows).Distinct().Count();
        var (history, training) = Timing.With(() =>
        {
            using var model = context.StateSpace.Trainers.DeepMarkov(s_options).Fit(view);
            return model.History;
        });
        double peak = Memory.Peak();
        double bytes = new FileInfo(path).Length / 1e9;
        Console.WriteLine($"large      {bytes:f2} GB, {rows} rows in {groups} row groups, written in {writing:f0} s; one scan {scanning:f0} s ({rows / scanning:f0} rows/s); "
            + $"{history.Epochs[^1].Updates} updates on {drawn.Count} rows of {reached} groups in {training:f0} s, four scans included; "
            + $"peak resident {before:f0} MB before, {scanned:f0} after the scan, {peak:f0} after the training");
        return new
        {
            benchmark = "largeTraining", gigabytes, rows, groups, writingSeconds = writing, scanSeconds = scanning, updates = history.Epochs[^1].Updates,
            drawnRows = drawn.Count, drawnGroups = reached, trainingSeconds = training, peakMegabytesBefore = before, peakMegabytesAfterScan = scanned,
            peakMegabytes = peak,
        };
    }

    private static int GroupsOf(string path)
    {
        using var file = ParquetFile.Open(ParquetSource.OfFile(path));
        return file.GroupCount;
    }
}
