using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Rows per second, scored together and one by one.</summary>
internal static class ScoringSpeed
{
    public static object Run(ChoraleData data)
    {
        var options = ChoraleData.Options;
        var parts = new ModelParts(options.Generative, options.Inference, options.FilteringProposal, 88, ReadsMask: false);
        using var networks = parts.Create(1);
        networks.eval();
        var scorer = new SequenceScorer(networks, options.Scoring, torch.CPU);
        var rows = data.Sequences.Take(64).ToList();
        return new
        {
            benchmark = "scoring",
            smoothed = Compare("smoothed", scorer, rows, ScoreOutputs.SmoothedMean),
            filtered = Compare("filtered", scorer, [.. rows.Take(16)], ScoreOutputs.FilteredMean | ScoreOutputs.LogLikelihood),
        };
    }

    private static object Compare(string name, SequenceScorer scorer, List<Data.Sequence> rows, ScoreOutputs outputs)
    {
        var together = Timing.Of(3, () =>
        {
            foreach (var chunk in rows.Chunk(scorer.RowsPerBatch))
                scorer.Score(chunk, outputs);
        });
        var apart = Timing.Of(3, () => rows.ForEach(row => scorer.Score([row], outputs)));
        double batched = rows.Count / together.Median, single = rows.Count / apart.Median;
        Console.WriteLine($"{name,-10} {batched:f1} rows/s in batches, {single:f1} rows/s one by one: {batched / single:f2} times");
        return new { batchedRowsPerSecond = batched, singleRowsPerSecond = single, ratio = batched / single };
    }
}
