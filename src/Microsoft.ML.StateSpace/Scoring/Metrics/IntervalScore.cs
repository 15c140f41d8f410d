namespace Microsoft.ML.StateSpace.Scoring.Metrics;

/// <summary>The score of a central prediction interval: its width, and a fine for missing y (Winkler 1972).</summary>
public static class IntervalScore
{
    /// <summary>(u − l) + 2/α (l − y)⁺ + 2/α (y − u)⁺ with α = 1 − level (Gneiting and Raftery 2007, eq. 43); smaller is better.</summary>
    /// <param name="lower">l, the quantile of probability α/2.</param>
    /// <param name="upper">u, the quantile of probability 1 − α/2.</param>
    /// <param name="observation">y</param>
    /// <param name="level">The interval's probability, between 0 and 1.</param>
    public static double Of(double lower, double upper, double observation, double level)
    {
        double fine = 2 / (1 - level);
        return upper - lower + fine * Math.Max(0, lower - observation) + fine * Math.Max(0, observation - upper);
    }

    /// <summary>Whether y lies in the closed interval.</summary>
    public static bool Covers(double lower, double upper, double observation) => lower <= observation && observation <= upper;
}
