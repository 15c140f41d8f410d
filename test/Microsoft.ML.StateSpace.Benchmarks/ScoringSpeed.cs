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
    private const int Rounds = 5;

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
            chorales = Run("chorales", large with { ObservationSize = 88 }, chorales, 16),
            small = Run("small", small with { ObservationSize = 2 }, series, 128),
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

    // In turns, so that what else the machine does meets both.
    private static object Compare<TOut>(MLContext ml, string name, DeepMarkovTransformer model, List<SeriesRow> rows, params string[] columns) where TOut : class, new()
    {
        // Disposed, it would dispose the model.
        var engine = ml.Model.CreatePredictionEngine<SeriesRow, TOut>(model);
        void Together() => Read(model.Transform(ml.Data.LoadFromEnumerable(rows)), columns);
        void Apart() => rows.ForEach(row => engine.Predict(row));
        Together();
        Apart();
        var seconds = Enumerable.Range(0, Rounds).Select(_ => (Together: Timing.Once(Together), Apart: Timing.Once(Apart))).ToList();
        Timing together = Timing.Of(seconds.Select(s => s.Together)), apart = Timing.Of(seconds.Select(s => s.Apart)), ratio = Timing.Of(seconds.Select(s => s.Apart / s.Together));
        double batched = rows.Count / together.Median, single = rows.Count / apart.Median;
        Console.WriteLine($"{name,-20} {batched:f1} rows/s in batches, {single:f1} rows/s one by one: {ratio.Median:f2} times ({ratio.Least:f2} – {ratio.Most:f2})");
        return new { batchedRowsPerSecond = batched, singleRowsPerSecond = single, ratio };
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
