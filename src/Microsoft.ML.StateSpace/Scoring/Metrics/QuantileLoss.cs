namespace Microsoft.ML.StateSpace.Scoring.Metrics;

/// <summary>The pinball loss, in expectation least for the true quantile (Koenker and Bassett 1978).</summary>
public static class QuantileLoss
{
    /// <summary>(1[y &lt; q] − p)(q − y); twice its mean over all p is the CRPS.</summary>
    /// <param name="quantile">q</param>
    /// <param name="observation">y</param>
    /// <param name="probability">p</param>
    public static double Of(double quantile, double observation, double probability) =>
        ((observation < quantile ? 1 : 0) - probability) * (quantile - observation);
}
