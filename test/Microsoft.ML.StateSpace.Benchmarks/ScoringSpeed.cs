using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Rows per second through a transformer: all rows by a cursor, and one after another by a prediction engine. For the large model of
/// the chorales, one row of which fills the processor, and for a small model, where batching pays.</summary>
internal static class ScoringSpeed
{
    private const int Rounds = 7;

    public static object Run(ChoraleData data)
    {
        var options = ChoraleData.Options;
        var large = new DeepMarkovTrainer.Options { Generative = options.Generative, Inference = options.Inference, FilteringProposal = new FilteringProposal { Epochs = 1 } };
        var small = new DeepMarkovTrainer.Options
        {
            Generative = new DeepMarkovModel { LatentSize = 2, Transition = new GatedTransition { HiddenSize = 30 } },
            Inference = new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 40 },
            FilteringProposal = new FilteringProposal { Epochs = 1 },
        };
        var random = new Random(1);
        var series = Enumerable.Range(0, 512).Select(i =>
            new SeriesRow { SequenceId = $"series-{i}", Observations = [.. Enumerable.Range(0, 100).Select(_ => random.NextSingle())] }).ToList();
        var chorales = data.Sequences.Take(64).Select(s => new SeriesRow { SequenceId = s.Id!, Observations = s.Observations.ToArray() }).ToList();
        return new
        {
            benchmark = "scoring",
            small = Run("small", small with { ObservationSize = 2 }, series, 128),
            chorales = Run("chorales", large with { ObservationSize = 88 }, chorales, 16),
        };
    }

    private static object Run(string name, DeepMarkovTrainer.Options options, List<SeriesRow> rows, int filteredRows)
    {
        var ml = new MLContext(seed: 1);
        using DeepMarkovTransformer model = ml.StateSpace.Trainers.DeepMarkov(options with { SequenceIdColumnName = "SequenceId", Epochs = 1, UpdatesPerEpoch = 1 })
            .Fit(ml.Data.LoadFromEnumerable(rows.Take(4)));
        return new
        {
            smoothed = Compare<SmoothedRow>(ml, $"{name}, smoothed", model, rows, "SmoothedMean"),
            filtered = Compare<FilteredRow>(ml, $"{name}, filtered", model, rows[..filteredRows], "FilteredMean", "LogLikelihood"),
        };
    }

    // In turns, so that what else the machine does meets both; ratios of wall time, and of processor time, which that hardly changes.
    private static object Compare<TOut>(MLContext ml, string name, DeepMarkovTransformer model, List<SeriesRow> rows, params string[] columns) where TOut : class, new()
    {
        // Disposed, it would dispose the model.
        var engine = ml.Model.CreatePredictionEngine<SeriesRow, TOut>(model);
        void Together() => Read(model.Transform(ml.Data.LoadFromEnumerable(rows)), columns);
        void Apart() => rows.ForEach(row => engine.Predict(row));
        Timing.WarmUp(Together);
        Timing.WarmUp(Apart);
        var rounds = Enumerable.Range(0, Rounds).Select(_ => (Together: Once(Together), Apart: Once(Apart))).ToList();
        double batched = rows.Count / Timing.Of(rounds.Select(r => r.Together.Wall)).Median, single = rows.Count / Timing.Of(rounds.Select(r => r.Apart.Wall)).Median;
        Timing wall = Timing.Of(rounds.Select(r => r.Apart.Wall / r.Together.Wall)), processor = Timing.Of(rounds.Select(r => r.Apart.Processor / r.Together.Processor));
        Timing perRow = Timing.Of(rounds.Select(r => r.Together.Processor / rows.Count * 1e6));
        Console.WriteLine($"{name,-20} {batched:f1} rows/s in batches, {single:f1} rows/s one by one: {wall.Median:f2} times ({wall.Least:f2} – {wall.Most:f2}); "
            + $"of processor time {processor.Median:f2} ({processor.Least:f2} – {processor.Most:f2}), {perRow.Median:f0} µs a row in batches");
        return new { batchedRowsPerSecond = batched, singleRowsPerSecond = single, ratio = wall, ratioOfProcessorTime = processor, microsecondsPerRow = perRow };
    }

    private static (double Wall, double Processor) Once(Action action)
    {
        var before = Environment.CpuUsage.TotalTime;
        double wall = Timing.Once(action);
        return (wall, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }

    private static void Read(IDataView scored, string[] columns)
    {
        DataViewSchema.Column[] wanted = [.. columns.Select(name => scored.Schema[name])];
        using var cursor = scored.GetRowCursor(wanted);
        var getters = Array.ConvertAll(wanted, column => cursor.GetGetter<VBuffer<float>>(column));
        VBuffer<float> values = default;
        while (cursor.MoveNext())
            foreach (var getter in getters)
                getter(ref values);
    }

    private sealed class SeriesRow
    {
        public string SequenceId { get; set; } = "";

        public float[] Observations { get; set; } = [];
    }

    private sealed class SmoothedRow
    {
        public float[] SmoothedMean { get; set; } = [];
    }

    private sealed class FilteredRow
    {
        public float[] FilteredMean { get; set; } = [];

        public float[] LogLikelihood { get; set; } = [];
    }
}
