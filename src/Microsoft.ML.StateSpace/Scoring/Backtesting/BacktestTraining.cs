using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>What methods learn from before an origin: never a step at or after it.</summary>
/// <param name="sequences">The data.</param>
/// <param name="training">Sequences to learn from instead; null: none are given.</param>
/// <param name="validation">Sequences to choose by; null: none are given.</param>
/// <param name="validationFraction">Share of the training steps to choose by, where none are given.</param>
internal sealed class BacktestTraining(IReadOnlyList<Sequence> sequences, IReadOnlyList<Sequence>? training, IReadOnlyList<Sequence>? validation, double validationFraction)
{
    /// <summary>The training data before the origins of one number.</summary>
    /// <param name="origins">Of all sequences.</param>
    /// <param name="number">Of the origins; sequences that have fewer count up to their last one.</param>
    /// <exception cref="InvalidOperationException">Nothing is observed there.</exception>
    public ForecastTraining Before(IReadOnlyList<Origin> origins, int number)
    {
        var past = training ?? [.. origins.Where(o => o.Number <= number).GroupBy(o => o.Sequence).Select(own => sequences[own.Key].Slice(0, own.Max(o => o.Known)))];
        var (first, last) = validation is null ? SplitInTime(past, validationFraction) : (past, validation);
        List<Sequence> seen = [.. first.Where(s => s.ObservedSteps > 0)];
        return seen.Count > 0 ? new ForecastTraining(seen, [.. last.Where(s => s.ObservedSteps > 0)])
            : throw new InvalidOperationException("There is no observed step to learn from before the first origin; move FirstOrigin, or give a TrainingSet.");
    }

    /// <summary>The first steps of every sequence, and the last <paramref name="fraction"/> of them.</summary>
    public static (IReadOnlyList<Sequence> First, IReadOnlyList<Sequence> Last) SplitInTime(IReadOnlyList<Sequence> sequences, double fraction)
    {
        List<Sequence> first = [], last = [];
        foreach (var sequence in sequences)
        {
            int held = (int)(sequence.Length * fraction), kept = sequence.Length - held;
            first.Add(sequence.Slice(0, kept));
            if (held > 0)
                last.Add(sequence.Slice(kept, held));
        }
        return (first, last);
    }
}
