namespace Microsoft.ML.StateSpace.Scoring.Metrics;

/// <summary>A forecast of H steps of D numbers.</summary>
/// <param name="Mean">E[x_{T+h}], H·D numbers, step-major.</param>
/// <param name="Quantiles">H·D numbers for each probability that was asked for; empty: none, samples stand for them.</param>
/// <param name="Paths">N sample paths of H·D numbers, one after another; empty: none.</param>
public sealed record ProbabilisticForecast(float[] Mean, IReadOnlyList<float[]> Quantiles, float[] Paths);
