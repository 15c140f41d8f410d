namespace Microsoft.ML.StateSpace.Scoring.Metrics;

/// <summary>The probability integral transform: where y lies among the samples of its forecast, from 0 to 1.</summary>
/// <remarks>Uniform where y and the samples come from one distribution, whatever that is and however few samples there are.</remarks>
public static class ProbabilityIntegral
{
    /// <summary>(samples below y + V (1 + samples equal to y)) / (N + 1): y's rank, ties broken at random, spread over its share.</summary>
    /// <param name="samples">N samples in any order.</param>
    /// <param name="observation">y</param>
    /// <param name="uniform">V, drawn uniformly on [0, 1).</param>
    public static double Of(ReadOnlySpan<double> samples, double observation, double uniform)
    {
        int below = 0, equal = 0;
        foreach (double sample in samples)
        {
            below += sample < observation ? 1 : 0;
            equal += sample == observation ? 1 : 0;
        }
        return (below + uniform * (1 + equal)) / (samples.Length + 1);
    }
}
