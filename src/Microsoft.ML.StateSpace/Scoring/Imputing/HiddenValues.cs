using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;

namespace Microsoft.ML.StateSpace.Scoring.Imputing;

/// <summary>Observed values that are hidden of a sequence, and the sequence without them.</summary>
internal sealed class HiddenValues
{
    private readonly Sequence _whole;
    private readonly List<int> _places;

    private HiddenValues(Sequence whole, List<int> places) => (_whole, _places) = (whole, places);

    /// <summary>The hidden values' places, t·D + d, rising.</summary>
    public IReadOnlyList<int> Places => _places;

    /// <summary>Hides values of each sequence.</summary>
    /// <param name="sequences">In the data's units.</param>
    /// <param name="share">Of a sequence's observed values.</param>
    /// <param name="seed">Of the draws, with each sequence's own key.</param>
    public static HiddenValues[] Of(IReadOnlyList<Sequence> sequences, double share, int seed)
    {
        HiddenValues[] hidden = [.. sequences.Select(s => new HiddenValues(s, Draw(s, share, seed)))];
        int size = sequences[0].ObservationSize;
        var stays = new bool[size];
        foreach (var one in hidden)
            foreach (int place in Observed(one._whole).Except(one._places))
                stays[place % size] = true;
        foreach (var one in hidden)
            one._places.RemoveAll(place => !stays[place % size]);
        return hidden;
    }

    /// <summary>The places of a sequence's observed values, rising.</summary>
    public static IEnumerable<int> Observed(Sequence sequence) =>
        Enumerable.Range(0, sequence.Length * sequence.ObservationSize).Where(i => sequence.IsObserved(i / sequence.ObservationSize, i % sequence.ObservationSize));

    /// <summary>The sequence without the hidden values; its length and its noise stay.</summary>
    public Sequence Rest()
    {
        float[] values = _whole.Observations.ToArray();
        for (int i = 0; i < values.Length; i++)
            if (!_whole.IsObserved(i / _whole.ObservationSize, i % _whole.ObservationSize))
                values[i] = float.NaN;
        foreach (int place in _places)
            values[place] = float.NaN;
        return new Sequence(_whole.ObservationSize, values, id: _whole.Id, inputs: _whole.Inputs).WithNoiseKey(_whole.NoiseKey);
    }

    // A number whose mean is the share's, so that short sequences take part, drawn without replacement.
    private static List<int> Draw(Sequence sequence, double share, int seed)
    {
        int[] places = [.. Observed(sequence)];
        ulong state = RowNoise.Mix(sequence.NoiseKey ^ RowNoise.Mix((uint)seed));
        ulong Next() => RowNoise.Mix(state++);
        int last = places.Length - 1;
        int count = Math.Min(last, (int)(share * places.Length + Next() / 9.2233720368547758e18));
        for (int i = 0; i < count; i++)
        {
            int other = i + (int)(Next() % (ulong)(last - i));
            (places[i], places[other]) = (places[other], places[i]);
        }
        return [.. places.Take(count).Order()];
    }
}
