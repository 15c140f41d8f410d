using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>The JSB chorales' training set, or one of the same sizes, and the architecture published for it.</summary>
internal sealed record ChoraleData(string Source, List<Sequence> Sequences, IDataView View, MLContext Context)
{
    private const int Keys = 88;

    public static ChoraleData Load(string? folder)
    {
        var context = new MLContext(seed: 1);
        var rows = folder is null ? MakeUp() : Read(folder);
        var view = context.Data.LoadFromEnumerable(rows);
        string source = folder is null ? "made-up chorales" : "JSB chorales";
        return new ChoraleData(source, [.. rows.Select(r => new Sequence(Keys, r.Observations, id: r.SequenceId))], view, context);
    }

    public static DeepMarkovTrainer.Options Options => new()
    {
        ObservationSize = Keys,
        SequenceIdColumnName = nameof(Row.SequenceId),
        Generative = new DeepMarkovModel
        {
            LatentSize = 100,
            Transition = new GatedTransition { HiddenSize = 200 },
            Emission = new BernoulliEmission { HiddenSize = 100 },
        },
        Inference = new StructuredInference { Cell = Networks.RnnCell.Rnn, HiddenSize = 600 },
        Bound = new Elbo(),
        BatchSize = 20,
        Epochs = 1,
        Patience = 0,
        FilteringProposal = new() { Epochs = 1 },
    };

    private static List<Row> Read(string folder)
    {
        string file = Directory.EnumerateFiles(folder, "jsb_chorales.train.txt.gz", SearchOption.AllDirectories).Single();
        return [.. PianoRollText.Read(file).Select((values, i) => new Row { SequenceId = $"chorale-{i}", Observations = values })];
    }

    // Lengths between 25 and 129 around 60, four notes a step.
    private static List<Row> MakeUp()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, 229).Select(i =>
        {
            int steps = 25 + (int)(104 * Math.Pow(random.NextDouble(), 2));
            var values = new float[steps * Keys];
            for (int note = 0; note < 4 * steps; note++)
                values[note / 4 * Keys + random.Next(24, 76)] = 1;
            return new Row { SequenceId = $"row-{i}", Observations = values };
        })];
    }

    internal sealed class Row
    {
        public string SequenceId { get; set; } = "";

        public float[] Observations { get; set; } = [];
    }
}
