using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Rows per second, scored together and one by one: for the large model of the chorales, whose matrices are large enough
/// for one row, and for a small model, where batching pays.</summary>
internal static class ScoringSpeed
{
    public static object Run(ChoraleData data)
    {
        var options = ChoraleData.Options;
        var large = new ModelParts(options.Generative, options.Inference, options.FilteringProposal, new DataShape(88), ReadsMask: false);
        var small = new ModelParts(
            new DeepMarkovModel { LatentSize = 2, Transition = new GatedTransition { HiddenSize = 30 } },
            new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 40 }, new FilteringProposal(), new DataShape(2), ReadsMask: false);
        var random = new Random(1);
        var series = Enumerable.Range(0, 256).Select(i =>
            new Sequence(2, [.. Enumerable.Range(0, 100).Select(_ => random.NextSingle())], id: $"series-{i}")).ToList();
        return new
        {
            benchmark = "scoring",
            chorales = Run("chorales", large, [.. data.Sequences.Take(64)], 16),
            small = Run("small", small, series, 64),
        };
    }

    private static object Run(string model, ModelParts parts, List<Sequence> rows, int filteredRows)
    {
        using var networks = parts.Create(1);
        networks.eval();
        var scorer = new SequenceScorer(networks, new ScoringOptions(), torch.CPU);
        return new
        {
            smoothed = Compare($"{model}, smoothed", scorer, rows, ScoreOutputs.SmoothedMean),
            filtered = Compare($"{model}, filtered", scorer, rows[..filteredRows], ScoreOutputs.FilteredMean | ScoreOutputs.LogLikelihood),
        };
    }

    private static object Compare(string name, SequenceScorer scorer, List<Sequence> rows, ScoreOutputs outputs)
    {
        var together = Timing.Of(3, () =>
        {
            foreach (var chunk in rows.Chunk(scorer.RowsPerBatch))
                scorer.Score(chunk, outputs);
        });
        var apart = Timing.Of(3, () => rows.ForEach(row => scorer.Score([row], outputs)));
        double batched = rows.Count / together.Median, single = rows.Count / apart.Median;
        Console.WriteLine($"{name,-20} {batched:f1} rows/s in batches, {single:f1} rows/s one by one: {batched / single:f2} times");
        return new { batchedRowsPerSecond = batched, singleRowsPerSecond = single, ratio = batched / single };
    }
}
