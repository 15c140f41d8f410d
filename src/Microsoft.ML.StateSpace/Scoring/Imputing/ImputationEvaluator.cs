using System.Globalization;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Scoring.Imputing;

/// <summary>Hides values, has a model and baselines impute them, and compares.</summary>
/// <param name="scorer">The model.</param>
/// <param name="options">Valid.</param>
internal sealed class ImputationEvaluator(SequenceScorer scorer, ImputationOptions options)
{
    /// <summary>Evaluates.</summary>
    /// <param name="sequences">In the data's units.</param>
    /// <exception cref="InvalidOperationException">There are no sequences, or no value is hidden.</exception>
    /// <exception cref="ArithmeticException">An imputed value is not finite; names sequence, step and dimension.</exception>
    public ImputationResult Evaluate(IReadOnlyList<Sequence> sequences)
    {
        if (sequences.Count == 0)
            throw new InvalidOperationException("The data has no rows.");
        HiddenValues[] hidden = HiddenValues.Of(sequences, options.HiddenShare, options.Seed);
        long observed = sequences.Sum(s => HiddenValues.Observed(s).LongCount()), count = hidden.Sum(h => (long)h.Places.Count);
        if (count == 0)
            throw new InvalidOperationException($"None of {observed} observed values is hidden; raise HiddenShare, which is {options.HiddenShare}, or give more data.");
        Sequence[] rests = [.. hidden.Select(h => h.Rest())];
        double[] means = [.. Moments(rests).Select(m => m.Mean)], deviations = [.. Moments(sequences).Select(m => m.Deviation)];
        ImputationErrors model = new(deviations), last = new(deviations), mean = new(deviations);
        int done = 0;
        foreach (int[] together in Enumerable.Range(0, sequences.Count).Chunk(scorer.RowsPerBatch))
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            var scores = scorer.Score([.. together.Select(i => rests[i])], ScoreOutputs.Imputed);
            foreach (var (i, imputed) in together.Zip(scores, (i, s) => (i, s.Imputed!)))
            {
                Compare(sequences[i], hidden[i], place => Finite(imputed[place], sequences[i], i, place), model);
                float?[] before = LastValues(rests[i]);
                Compare(sequences[i], hidden[i], place => before[place] ?? means[place % means.Length], last);
                Compare(sequences[i], hidden[i], place => means[place % means.Length], mean);
            }
            options.Progress?.Report(done += together.Length);
        }
        return new ImputationResult(sequences.Count, observed, count, deviations, [model.Result("model"), last.Result("last value"), mean.Result("mean")]);
    }

    private static void Compare(Sequence truth, HiddenValues hidden, Func<int, double> imputed, ImputationErrors errors)
    {
        foreach (int place in hidden.Places)
            errors.Add(place % truth.ObservationSize, imputed(place) - truth.Observations[place]);
    }

    private static float Finite(float value, Sequence sequence, int row, int place) => float.IsFinite(value) ? value
        : throw new ArithmeticException($"Sequence '{sequence.Id ?? row.ToString(CultureInfo.InvariantCulture)}', step {place / sequence.ObservationSize}, "
            + $"dimension {place % sequence.ObservationSize} (counted from 0): the imputed value is {value}; look at the sequence's values.");

    // At each place, the last observed value of the dimension in an earlier step.
    private static float?[] LastValues(Sequence sequence)
    {
        int size = sequence.ObservationSize;
        var result = new float?[sequence.Length * size];
        for (int i = size; i < result.Length; i++)
            result[i] = sequence.IsObserved(i / size - 1, i % size) ? sequence.Observations[i - size] : result[i - size];
        return result;
    }

    // Of each dimension's observed values; two passes, since values may be far from 0.
    private static (double Mean, double Deviation)[] Moments(IReadOnlyList<Sequence> sequences)
    {
        int size = sequences[0].ObservationSize;
        double[] Sums(Func<int, double, double> of)
        {
            var sums = new double[size];
            foreach (var sequence in sequences)
                foreach (int place in HiddenValues.Observed(sequence))
                    sums[place % size] += of(place % size, sequence.Observations[place]);
            return sums;
        }
        double[] counts = Sums((_, _) => 1);
        double[] means = [.. Sums((_, x) => x).Select((sum, d) => sum / counts[d])];
        double[] squares = Sums((d, x) => (x - means[d]) * (x - means[d]));
        return [.. means.Select((mean, d) => (mean, counts[d] == 0 ? 0 : Math.Sqrt(squares[d] / counts[d])))];
    }
}
