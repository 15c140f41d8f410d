using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Makes the <see cref="AnomalyCalibration"/> of a trained model.</summary>
internal static class AnomalyCalibrator
{
    /// <summary>From the tail probabilities of held-out sequences, taken in an order of the seed's own.</summary>
    /// <param name="networks">The model.</param>
    /// <param name="scoring">Filter, particles and seed that scores will have.</param>
    /// <param name="sequences">Sequences that the model was not trained on.</param>
    /// <param name="steps">Observed steps, at most; the last sequence is cut there.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>Null where there are too few steps, and when cancelled.</returns>
    public static AnomalyCalibration? Run(StateSpaceNetworks networks, ScoringOptions scoring, IReadOnlyList<Sequence> sequences, int steps,
        Device device, CancellationToken cancellation)
    {
        if (Math.Min(steps, sequences.Sum(s => (long)s.ObservedSteps)) < AnomalyCalibration.LeastSteps)
            return null;
        var scorer = new SequenceScorer(networks, scoring, device);
        var tails = new List<double>();
        foreach (var rows in Chosen(sequences, steps, scoring.Seed).OrderBy(s => s.Length).Chunk(scorer.RowsPerBatch))
        {
            if (cancellation.IsCancellationRequested)
                return null;
            tails.AddRange(scorer.TailProbabilities(rows));
        }
        return AnomalyCalibration.Of(tails);
    }

    private static List<Sequence> Chosen(IReadOnlyList<Sequence> sequences, int steps, int seed)
    {
        Sequence[] order = [.. sequences];
        new Random(seed).Shuffle(order);
        var chosen = new List<Sequence>();
        for (int i = 0; i < order.Length && steps > 0; i++)
        {
            int length = 0;
            while (length < order[i].Length && steps > 0)
                steps -= order[i].IsAnyObserved(length++) ? 1 : 0;
            chosen.Add(order[i].Slice(0, length));
        }
        return chosen;
    }
}
