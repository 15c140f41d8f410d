using System.Globalization;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>The steps of one key, put together.</summary>
/// <param name="Name">The sequence's name.</param>
/// <param name="Observations">T·D numbers, step-major.</param>
/// <param name="Controls">T·U numbers, step-major.</param>
/// <param name="Times">T numbers, or none.</param>
/// <param name="Statics">S numbers.</param>
internal sealed record LongSequence(string Name, float[] Observations, float[] Controls, double[] Times, float[] Statics)
{
    // Steps left out before the first one.
    private int Skipped { get; init; }

    /// <summary>About the memory that it takes.</summary>
    public long Bytes => sizeof(float) * (long)(Observations.Length + Controls.Length + Statics.Length) + sizeof(double) * (long)Times.Length;

    /// <summary>The windows that the options ask for: itself where they ask for none.</summary>
    public IEnumerable<LongSequence> Windows(SequenceGroupingOptions options, int valueSize)
    {
        if (options.WindowLength is not { } length)
        {
            yield return this;
            yield break;
        }

        int steps = Observations.Length / valueSize;
        int covered = 0;
        for (int first = 0; covered < steps; first = checked(first + (options.Stride ?? length)))
        {
            int count = Math.Min(length, steps - first);
            if (count <= 0 || (count < length && !options.KeepPartialWindows))
            {
                yield break;
            }

            covered = first + count;
            LongSequence window = Window(first, count, steps);
            if (window.Observations.AsSpan().ContainsAnyExcept(float.NaN))
            {
                yield return window;
            }
        }
    }

    /// <summary>With the values of earlier steps as further controls, from the first step on at which all are known; null: there is none.</summary>
    /// <param name="lags">How many steps earlier, each.</param>
    /// <param name="valueSize">D</param>
    public LongSequence? WithLags(IReadOnlyList<int> lags, int valueSize)
    {
        int steps = Observations.Length / valueSize, own = Controls.Length / Math.Max(1, steps), size = own + lags.Count * valueSize, first = 0;
        var controls = new float[steps * size];
        for (int t = 0; t < steps; t++)
        {
            Span<float> row = controls.AsSpan(t * size, size);
            Controls.AsSpan(t * own, own).CopyTo(row);
            for (int l = 0; l < lags.Count; l++)
            {
                for (int d = 0; d < valueSize; d++)
                {
                    row[own + l * valueSize + d] = Known(t - lags[l], lags[l], d, valueSize);
                }
            }

            // Once known, the values of a phase stay known: none is missing after the last step that misses one.
            first = row[own..].Contains(float.NaN) ? t + 1 : first;
        }

        return first == steps ? null : (this with { Controls = controls }).Part(first, steps - first, steps) with { Skipped = first };
    }

    private float Known(int step, int lag, int dimension, int valueSize)
    {
        while (step >= 0 && float.IsNaN(Observations[step * valueSize + dimension]))
        {
            step -= lag;
        }

        return step < 0 ? float.NaN : Observations[step * valueSize + dimension];
    }

    private LongSequence Part(int first, int count, int steps)
    {
        T[] Of<T>(T[] whole)
        {
            int size = whole.Length / steps;
            return whole.AsSpan(first * size, count * size).ToArray();
        }

        return this with { Observations = Of(Observations), Controls = Of(Controls), Times = Of(Times) };
    }

    private LongSequence Window(int first, int count, int steps)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{Name}@{Skipped + first}");
        return Part(first, count, steps) with { Name = name };
    }
}

/// <summary>The cells of a row.</summary>
/// <param name="Values">The observed ones.</param>
/// <param name="Controls">Those that drive the transitions.</param>
/// <param name="Statics">Those that hold for the whole sequence.</param>
/// <param name="Order">The row's place.</param>
internal sealed record LongFormRow(
    Action<List<float>>[] Values, Action<List<float>>[] Controls, Action<List<float>>[] Statics, Func<(long Rank, double Time)>? Order);

/// <summary>The steps of a sequence as they come.</summary>
internal sealed class LongFormSteps(string name)
{
    private readonly List<float> _observations = [];
    private readonly List<float> _controls = [];
    private readonly List<long> _ranks = [];
    private readonly List<double> _times = [];
    private List<float>? _statics;
    private long _firstRank;

    public string Name { get; } = name;

    /// <summary>Takes a row in.</summary>
    public void Append(LongFormRow row)
    {
        Array.ForEach(row.Values, add => add(_observations));
        Array.ForEach(row.Controls, add => add(_controls));
        long rank = 0;
        if (row.Order is { } order)
        {
            (rank, double time) = order();
            _ranks.Add(rank);
            _times.Add(time);
        }

        // The first step is the first in order, which need not come first.
        if (_statics is null || rank < _firstRank)
        {
            _statics = [];
            Array.ForEach(row.Statics, add => add(_statics));
            _firstRank = rank;
        }
    }

    /// <summary>The steps in order.</summary>
    /// <exception cref="FormatException">Two steps have the same place.</exception>
    public LongSequence ToSequence(LongFormFaults faults, int valueSize, int controlSize)
    {
        int[] order = Enumerable.Range(0, _observations.Count / valueSize).ToArray();
        if (_ranks.Count > 0)
        {
            long[] ranks = [.. _ranks];
            Array.Sort(ranks, order);
            int twice = Enumerable.Range(1, Math.Max(0, ranks.Length - 1)).FirstOrDefault(i => ranks[i] == ranks[i - 1]);
            if (twice > 0)
            {
                string time = _times[order[twice]].ToString(CultureInfo.InvariantCulture);
                throw faults.InSequence($"sequence '{Name}' has two steps at {time} in its order column; remove one of them", twice);
            }
        }

        return new LongSequence(
            Name,
            Permute(_observations, order, valueSize),
            Permute(_controls, order, controlSize),
            Permute(_times, order, _ranks.Count > 0 ? 1 : 0),
            [.. _statics ?? []]);
    }

    private static T[] Permute<T>(List<T> values, int[] order, int size)
    {
        var permuted = new T[order.Length * size];
        for (int i = 0; i < permuted.Length; i++)
        {
            permuted[i] = values[order[i / size] * size + i % size];
        }

        return permuted;
    }
}
