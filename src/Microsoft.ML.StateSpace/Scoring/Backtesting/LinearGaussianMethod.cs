using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>The linear baseline: a linear-Gaussian state space model with a seasonal state, fitted by EM on standardised data, its size chosen on
/// validation data; forecasts are exact Gaussians.</summary>
/// <remarks>
/// <para>The state is a free part, z_t = A z_{t−1} + B u_t + b + N(0, Q), on which controls act, and trigonometric seasons that change slowly
/// (Harvey 1989). EM (Shumway and Stoffer 1982) begins at canonical variates and treats missing values exactly. Of every size the iteration is kept,
/// and of all sizes the one, whose forecasts of the validation data have the least CRPS at the horizon that is asked for.</para>
/// <para>Steps count as equally spaced, whatever the times.</para>
/// </remarks>
public sealed record LinearGaussianMethod : IForecastMethod
{
    /// <inheritdoc/>
    public string Name => "linear-gaussian";

    /// <summary>Steps of each season, for example 24 and 168 of hourly data; empty: none. Default empty.</summary>
    public IReadOnlyList<int> Seasons { get; init; } = [];

    /// <summary>Harmonics of each season at most; those that two seasons share count once. Default 4.</summary>
    public int Harmonics { get; init; } = 4;

    /// <summary>Sizes of the free part that are tried. Default 2, 4, 8.</summary>
    public IReadOnlyList<int> LatentSizes { get; init; } = [2, 4, 8];

    /// <summary>Iterations of EM at most. Default 40.</summary>
    public int Iterations { get; init; } = 40;

    /// <summary>Iterations between two looks at the validation data; without better forecasts at two looks in a row a size is done. Default 10.</summary>
    public int IterationsPerLook { get; init; } = 10;

    /// <summary>Steps of the windows that longer training sequences are cut into, side by side; null: 4 of the longest season, at least 256.
    /// Default null.</summary>
    public int? WindowLength { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (int bad in Seasons.Where(m => m < 2))
            yield return $"Seasons holds {bad}; each must be at least 2.";
        if (Harmonics < 1)
            yield return $"Harmonics is {Harmonics}; it must be at least 1.";
        if (LatentSizes.Count == 0)
            yield return "LatentSizes is empty; give at least one size.";
        foreach (int bad in LatentSizes.Where(z => z < 1))
            yield return $"LatentSizes holds {bad}; each must be at least 1.";
        if (Iterations < 1)
            yield return $"Iterations is {Iterations}; it must be at least 1.";
        if (IterationsPerLook < 1)
            yield return $"IterationsPerLook is {IterationsPerLook}; it must be at least 1.";
        if (WindowLength < 2)
            yield return $"WindowLength is {WindowLength}; it must be at least 2.";
    }

    /// <inheritdoc/>
    /// <exception cref="ArithmeticException">A covariance is not positive definite; the message names the step.</exception>
    public IForecaster Fit(ForecastTraining training, ForecastQuestion question, CancellationToken cancellation)
    {
        var scaling = ScalingFit.Of(training.Training, observations: true)!;
        return new SeasonalFit(this, question, scaling, training, cancellation).Run();
    }

    internal int Window => WindowLength ?? Math.Max(256, 4 * Seasons.DefaultIfEmpty(0).Max());
}
