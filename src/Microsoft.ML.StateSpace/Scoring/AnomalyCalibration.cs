using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>The map from a model's own tail probabilities to calibrated ones: on data like those it was made from, a share p of the
/// steps scores p or less, however wrong the model's idea of its own spread is.</summary>
/// <remarks>Linear between the ranks of the tail probabilities it was made from. Below the lowest √n of them (10 at least) a power
/// of u, its exponent Hill's estimate (1975): the form that a wrong variance gives, and what lets the score become as small as an
/// outlier deserves. Made of plain numbers; equal when they are.</remarks>
/// <param name="Raw">Tail probabilities u, rising strictly, in (0, 1].</param>
/// <param name="Calibrated">The share of steps with at most that u, rising, in (0, 1).</param>
/// <param name="TailExponent">Below the first: p = p₁ (u/u₁)^exponent; above 0.</param>
/// <param name="Steps">The observed steps that it was made from.</param>
public sealed record AnomalyCalibration(IReadOnlyList<double> Raw, IReadOnlyList<double> Calibrated, double TailExponent, long Steps)
{
    /// <summary>Fewer steps make no map.</summary>
    internal const int LeastSteps = 100;

    private const int MostKnots = 512;

    // A smaller u is no number that a model means.
    private const double LeastRaw = 1e-300;

    /// <summary>The calibrated tail probability of u.</summary>
    /// <param name="raw">In [0, 1]; NaN stays NaN.</param>
    public double Apply(double raw)
    {
        if (double.IsNaN(raw))
            return raw;
        if (raw <= Raw[0])
            return Calibrated[0] * Math.Pow(raw / Raw[0], TailExponent);
        int above = FirstAbove(raw);
        var (u0, p0) = (Raw[above - 1], Calibrated[above - 1]);
        var (u1, p1) = above < Raw.Count ? (Raw[above], Calibrated[above]) : (1, 1);
        return u1 > u0 ? Math.Min(p1, p0 + (raw - u0) / (u1 - u0) * (p1 - p0)) : p1;
    }

    /// <summary>The calibrated tail probabilities of a tensor, in float64.</summary>
    internal Tensor Apply(Tensor raw)
    {
        double[] values = raw.to(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
        return tensor([.. values.Select(Apply)], raw.shape);
    }

    /// <summary>Makes the map of tail probabilities on held-out data; null where there are too few.</summary>
    internal static AnomalyCalibration? Of(IEnumerable<double> tails)
    {
        double[] sorted = [.. tails.Where(u => !double.IsNaN(u)).Select(u => Math.Clamp(u, LeastRaw, 1)).Order()];
        int n = sorted.Length;
        if (n < LeastSteps)
            return null;
        int tail = Math.Max(10, (int)Math.Sqrt(n));
        double mean = sorted.Take(tail).Average(u => Math.Log(sorted[tail - 1] / u));
        var (raw, calibrated) = (new List<double>(), new List<double>());
        foreach (int rank in Ranks(tail, n))
        {
            // Of equal numbers the last one's rank counts.
            int last = sorted.AsSpan().LastIndexOf(sorted[rank - 1]) + 1;
            if (raw.Count > 0 && sorted[rank - 1] <= raw[^1])
                continue;
            raw.Add(sorted[rank - 1]);
            calibrated.Add(last / (n + 1.0));
        }
        return new AnomalyCalibration(raw, calibrated, mean > 0 ? 1 / mean : 1, n);
    }

    /// <summary>Whether a map read from a file is one.</summary>
    internal bool IsValid => Raw.Count > 0 && Raw.Count == Calibrated.Count && TailExponent > 0 && double.IsFinite(TailExponent)
        && Raw[0] > 0 && Raw[^1] <= 1 && Calibrated[0] > 0 && Calibrated[^1] <= 1
        && Rises(Raw, strictly: true) && Rises(Calibrated, strictly: false);

    /// <summary>Equal when every number is.</summary>
    public bool Equals(AnomalyCalibration? other) => other is not null && TailExponent == other.TailExponent && Steps == other.Steps
        && Raw.SequenceEqual(other.Raw) && Calibrated.SequenceEqual(other.Calibrated);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Raw.Count, TailExponent, Steps);

    // Ranks grow by a constant factor while they are small, so that the knots are dense where scores are looked at.
    private static IEnumerable<int> Ranks(int first, int n)
    {
        double factor = Math.Pow((double)n / first, 2.0 / MostKnots), step = Math.Max(1, 2.0 * n / MostKnots);
        for (double rank = first; rank < n; rank = Math.Min(Math.Max(rank + 1, rank * factor), rank + step))
            yield return (int)rank;
        yield return n;
    }

    private int FirstAbove(double raw)
    {
        int low = 0, high = Raw.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = Raw[middle] < raw ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    private static bool Rises(IReadOnlyList<double> values, bool strictly)
    {
        for (int i = 1; i < values.Count; i++)
            if (!(strictly ? values[i] > values[i - 1] : values[i] >= values[i - 1]))
                return false;
        return true;
    }
}
