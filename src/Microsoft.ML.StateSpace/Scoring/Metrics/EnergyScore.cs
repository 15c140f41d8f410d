namespace Microsoft.ML.StateSpace.Scoring.Metrics;

/// <summary>The energy score E‖X − y‖ − ½ E‖X − X′‖, the CRPS of vectors: it also scores how components depend on each other
/// (Gneiting and Raftery 2007, eq. 22).</summary>
public static class EnergyScore
{
    /// <summary>The score of the distribution that samples are drawn from, in O(N² D).</summary>
    /// <remarks>Components with a missing truth are left out on both sides, which scores the distribution of the others.</remarks>
    /// <param name="samples">N vectors of D numbers, one after another.</param>
    /// <param name="observation">y, D numbers; NaN is missing.</param>
    /// <param name="fair">As for <see cref="Crps.OfSamples"/>.</param>
    /// <returns>NaN where no component is observed.</returns>
    /// <exception cref="ArgumentException">There are too few samples, or they are no whole vectors.</exception>
    public static double OfSamples(ReadOnlySpan<float> samples, ReadOnlySpan<float> observation, bool fair = false)
    {
        int size = observation.Length;
        if (size == 0 || samples.Length % size != 0 || samples.Length / size < (fair ? 2 : 1))
            throw new ArgumentException($"There are {samples.Length} numbers for vectors of {size}; {(fair ? "a fair score needs two samples" : "a score needs a sample")}.", nameof(samples));
        int[] seen = [.. SeenOf(observation)];
        if (seen.Length == 0)
            return double.NaN;
        int count = samples.Length / size;
        float[] kept = seen.Length == size ? samples.ToArray() : Keep(samples, size, seen);
        float[] truth = seen.Length == size ? observation.ToArray() : Keep(observation, size, seen);
        double distance = 0, spread = 0;
        for (int i = 0; i < count; i++)
        {
            var row = kept.AsSpan(i * seen.Length, seen.Length);
            distance += Distance(row, truth);
            for (int j = 0; j < i; j++)
                spread += Distance(row, kept.AsSpan(j * seen.Length, seen.Length));
        }
        return distance / count - spread / (fair ? (double)count * (count - 1) : (double)count * count);
    }

    private static List<int> SeenOf(ReadOnlySpan<float> observation)
    {
        var seen = new List<int>();
        for (int d = 0; d < observation.Length; d++)
            if (!float.IsNaN(observation[d]))
                seen.Add(d);
        return seen;
    }

    private static float[] Keep(ReadOnlySpan<float> vectors, int size, int[] seen)
    {
        var kept = new float[vectors.Length / size * seen.Length];
        for (int i = 0; i < kept.Length; i++)
            kept[i] = vectors[i / seen.Length * size + seen[i % seen.Length]];
        return kept;
    }

    private static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int d = 0; d < a.Length; d++)
        {
            double difference = (double)a[d] - b[d];
            sum += difference * difference;
        }
        return Math.Sqrt(sum);
    }
}
