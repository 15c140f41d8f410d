using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>A place from which a sequence is forecast.</summary>
/// <param name="Sequence">The sequence's place in the data.</param>
/// <param name="Known">o, the steps known.</param>
/// <param name="Number">Number among the sequence's origins, from 0.</param>
internal readonly record struct Origin(int Sequence, int Known, int Number);

/// <summary>The origins of sequences.</summary>
internal static class RollingOrigins
{
    private const int Usual = 10;

    /// <summary>Origins of every sequence, sequence by sequence; of one that is too short, none.</summary>
    public static List<Origin> Of(IReadOnlyList<Sequence> sequences, BacktestOptions options) =>
        [.. sequences.SelectMany((s, i) => Of(s.Length, options).Select((known, number) => new Origin(i, known, number)))];

    /// <summary>Origins of a sequence of <paramref name="length"/> steps, rising.</summary>
    public static int[] Of(int length, BacktestOptions options)
    {
        int stride = options.Stride ?? options.Horizon, last = length - options.Horizon;
        int most = options.Origins ?? (options.FirstOrigin is null ? Usual : int.MaxValue);
        if (last < Math.Max(1, options.FirstOrigin ?? 1))
            return [];
        // Without a first origin the last one's forecast ends with the sequence.
        int count = (int)Math.Min(most, (last - (options.FirstOrigin ?? 1)) / stride + 1L);
        int first = options.FirstOrigin ?? last - (count - 1) * stride;
        return [.. Enumerable.Range(0, count).Select(i => first + i * stride)];
    }
}
