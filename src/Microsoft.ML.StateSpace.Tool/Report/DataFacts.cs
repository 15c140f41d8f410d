using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tool.Report;

/// <summary>What a data file holds, as the model reads it.</summary>
internal sealed record DataFacts
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Names and types of its columns.</summary>
    public required IReadOnlyList<(string Name, string Type)> Columns { get; init; }

    public required int Sequences { get; init; }

    /// <summary>Steps inside the lengths.</summary>
    public required long Steps { get; init; }

    /// <summary>Lengths: the least, the middle and the greatest.</summary>
    public required (int Least, int Median, int Most) Lengths { get; init; }

    /// <summary>Values inside the lengths that are missing.</summary>
    public required long Missing { get; init; }

    /// <summary>Whether every observed value is 0 or 1.</summary>
    public required bool IsBinary { get; init; }

    public required IReadOnlyList<DimensionFacts> Dimensions { get; init; }

    /// <summary>Looks at all sequences.</summary>
    /// <param name="name">Of the file.</param>
    /// <param name="columns">Of the file.</param>
    /// <param name="sequences">At least one, in the data's units.</param>
    /// <param name="dimensions">A name for each.</param>
    public static DataFacts Of(string name, IReadOnlyList<(string Name, string Type)> columns, IReadOnlyList<Sequence> sequences, IReadOnlyList<string> dimensions)
    {
        int[] lengths = [.. sequences.Select(s => s.Length).Order()];
        DimensionFacts[] facts = [.. dimensions.Select((d, i) => DimensionFacts.Of(d, sequences, i))];
        long steps = lengths.Sum(length => (long)length);
        return new DataFacts
        {
            Name = name,
            Columns = columns,
            Sequences = sequences.Count,
            Steps = steps,
            Lengths = (lengths[0], lengths[lengths.Length / 2], lengths[^1]),
            Missing = steps * dimensions.Count - facts.Sum(d => d.Count),
            IsBinary = facts.All(d => d.IsBinary),
            Dimensions = facts,
        };
    }
}

/// <summary>One dimension's observed values.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">Observed values.</param>
/// <param name="Mean">NaN where there is none.</param>
/// <param name="Deviation">Standard deviation.</param>
/// <param name="Least">The least value.</param>
/// <param name="Most">The greatest value.</param>
/// <param name="IsBinary">Whether all of them are 0 or 1.</param>
internal sealed record DimensionFacts(string Name, long Count, double Mean, double Deviation, double Least, double Most, bool IsBinary)
{
    public static DimensionFacts Of(string name, IReadOnlyList<Sequence> sequences, int dimension)
    {
        long count = 0;
        double mean = 0, squares = 0, least = double.PositiveInfinity, most = double.NegativeInfinity;
        bool binary = true;
        foreach (Sequence sequence in sequences)
        {
            for (int t = 0; t < sequence.Length; t++)
            {
                if (!sequence.IsObserved(t, dimension))
                    continue;
                // Welford's sums, which large means do not harm.
                double value = sequence.Observations[t * sequence.ObservationSize + dimension], before = value - mean;
                mean += before / ++count;
                squares += before * (value - mean);
                (least, most) = (Math.Min(least, value), Math.Max(most, value));
                binary &= value is 0 or 1;
            }
        }

        return count == 0 ? new DimensionFacts(name, 0, double.NaN, double.NaN, double.NaN, double.NaN, true)
            : new DimensionFacts(name, count, mean, Math.Sqrt(squares / count), least, most, binary);
    }
}
