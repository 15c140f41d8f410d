using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>What one pass over streamed rows tells before a training begins.</summary>
/// <param name="Rows">All rows.</param>
/// <param name="Shape">Sizes that the data decide.</param>
/// <param name="HasMissing">Whether any value is missing.</param>
/// <param name="Lengths">How many training sequences have each length.</param>
/// <param name="HeldOut">Which rows are not trained on.</param>
/// <param name="Validation">These rows, in the data's order.</param>
internal sealed record StreamSurvey(long Rows, DataShape Shape, bool HasMissing, IReadOnlyDictionary<int, long> Lengths,
    HeldOutRows HeldOut, IReadOnlyList<Sequence> Validation)
{
    /// <summary>Reads every row once, in the data's order.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="binding">How they are read.</param>
    /// <param name="share">The share of rows to hold out; 0: none.</param>
    /// <param name="mostHeldOut">The most rows to hold out.</param>
    /// <param name="seed">Chooses them.</param>
    /// <param name="alsoSees">Is given every sequence.</param>
    /// <exception cref="InvalidOperationException">There are too few rows.</exception>
    public static StreamSurvey Of(IDataView data, SequenceBinding binding, double share, int mostHeldOut, int seed, Action<Sequence>? alsoSees = null)
    {
        var chosen = new Choice(share, mostHeldOut, seed);
        var lengths = new Dictionary<int, long>();
        long rows = 0;
        bool missing = false, times = false;
        int statics = 0;
        using (var cursor = data.GetRowCursor(binding.Columns))
        {
            var (read, readId) = (binding.CreateReader(cursor), cursor.GetIdGetter());
            var id = default(DataViewRowId);
            for (; cursor.MoveNext(); rows++)
            {
                readId(ref id);
                var sequence = read();
                (missing, times, statics) = (missing | sequence.HasMissing, sequence.Inputs.Times is not null, sequence.Inputs.StaticSize);
                lengths[sequence.Length] = lengths.GetValueOrDefault(sequence.Length) + 1;
                chosen.Offer(id, rows, sequence);
                alsoSees?.Invoke(sequence);
            }
        }
        if (rows == 0)
            throw new InvalidOperationException("The training data has no rows.");
        if (share > 0 && rows < 2)
            throw new InvalidOperationException("One sequence cannot be split into training and validation data; set ValidationSet.");
        var (heldOut, validation) = chosen.End(rows);
        foreach (var sequence in validation)
            lengths[sequence.Length]--;
        return new(rows, new DataShape(binding.ObservationSize, binding.ControlSize, times, statics), missing, lengths, heldOut, validation);
    }

    // The rows of the smallest hashes: all below the share, but no more than may be held, and at least one.
    private sealed class Choice(double share, int most, int seed)
    {
        private readonly HeldOutRows _hash = new(seed, null);
        private readonly ulong _limit = (ulong)(share * HeldOutRows.Range);
        private readonly PriorityQueue<(long Row, Sequence Sequence), ulong> _largestFirst = new(Comparer<ulong>.Create((a, b) => b.CompareTo(a)));
        private (ulong Hash, long Row, Sequence Sequence)? _least;

        public void Offer(DataViewRowId id, long row, Sequence sequence)
        {
            if (share == 0)
                return;
            ulong hash = _hash.HashOf(id);
            if (_least is null || hash < _least.Value.Hash)
                _least = (hash, row, sequence);
            if (hash < _limit)
                _largestFirst.Enqueue((row, sequence), hash);
            if (_largestFirst.Count > most)
                _largestFirst.Dequeue();
        }

        public (HeldOutRows HeldOut, IReadOnlyList<Sequence> Sequences) End(long rows)
        {
            if (_least is not { } least)
                return (_hash, []);
            if (_largestFirst.Count == 0)
                _largestFirst.Enqueue((least.Row, least.Sequence), least.Hash);
            while (_largestFirst.Count >= rows)
                _largestFirst.Dequeue();
            _largestFirst.TryPeek(out _, out ulong largest);
            return (_hash with { Most = largest }, [.. _largestFirst.UnorderedItems.Select(i => i.Element).OrderBy(i => i.Row).Select(i => i.Sequence)]);
        }
    }
}
