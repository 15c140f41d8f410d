using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>The linear baseline: linear-Gaussian state space models with seasonal states, fitted to standardised data and chosen on validation data;
/// forecasts are exact Gaussians.</summary>
/// <remarks>
/// <para>Two kinds are tried. The joint system has a free state, z_t = A z_{t−1} + B u_t + b + N(0, Q), on which controls act, and trigonometric
/// seasons that change slowly (Harvey 1989); all dimensions read it. EM (Shumway and Stoffer 1982) begins at canonical variates. Separate systems,
/// one of each dimension, have a level, a transient, on which controls act, lasting seasons, and a season that comes and goes; their likelihood
/// is maximised by its exact gradient (Koopman and Shephard 1992), and errors of the dimensions keep their correlation. Both treat missing
/// values exactly.</para>
/// <para>Of every size and kind the iteration is kept, and of all of them the one, whose forecasts of the validation data have the least CRPS at
/// the horizon that is asked for. With nothing to choose by, systems are separate where that is allowed, and are the likeliest.</para>
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

    /// <summary>Whether one system of all dimensions is tried. One dimension with seasons is left to its separate system where that is allowed.
    /// Default true.</summary>
    public bool Joint { get; init; } = true;

    /// <summary>Whether a system for each dimension is tried. Default true.</summary>
    public bool Separate { get; init; } = true;

    /// <summary>Sizes of the joint system's free part that are tried. Default 2, 4, 8.</summary>
    public IReadOnlyList<int> LatentSizes { get; init; } = [2, 4, 8];

    /// <summary>Iterations at most: of EM, and of the search for a separate system's parameters. Default 40.</summary>
    public int Iterations { get; init; } = 40;

    /// <summary>Iterations of EM between two looks at the validation data; without better forecasts at two looks in a row a size is done. Default 10.</summary>
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
        if (!Joint && !Separate)
            yield return "Joint and Separate are both false; allow one of them.";
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
        Sequence[] rows = [.. training.Training.Select(s => s.Scaled(scaling))], chosenBy = [.. training.Validation.Select(s => s.Scaled(scaling))];
        if (Array.TrueForAll(rows, s => s.Length < 2))
            throw new InvalidOperationException("The linear-Gaussian baseline needs a training sequence of at least two steps.");
        var looks = new ValidationLooks(chosenBy, this, question.Horizon);
        var separate = Separate ? FitSeparate(rows, chosenBy, scaling, question, cancellation) : null;
        // Of one dimension the joint system says nothing more of seasons, and takes long where values are missing.
        bool alone = rows[0].ObservationSize == 1 && Seasons.Count > 0;
        if (separate is not null && (!Joint || alone || looks.Count == 0))
            return separate;
        var joint = new SeasonalFit(this, question, scaling, rows, looks, cancellation).Run();
        if (separate is null || looks.Score(joint) <= looks.Score(separate))
            return joint;
        joint.Dispose();
        return separate;
    }

    internal int Window => WindowLength ?? Math.Max(256, 4 * Seasons.DefaultIfEmpty(0).Max());

    private SeparateForecaster FitSeparate(Sequence[] rows, Sequence[] chosenBy, SequenceScaling scaling, ForecastQuestion question, CancellationToken cancellation)
    {
        var fit = new ScalarFit(this, question.Horizon, cancellation);
        ScalarSeries[][] training = [.. rows.Select(s => ScalarSeries.Of(s, 0))], validation = [.. chosenBy.Select(s => ScalarSeries.Of(s, 0))];
        ScalarCandidate[] found = [.. Enumerable.Range(0, rows[0].ObservationSize).Select(d => fit.Run([.. training.Select(s => s[d])], [.. validation.Select(s => s[d])]))];
        return new SeparateForecaster(found, SeparateForecaster.Correlation([.. found.Select(f => f.System)], training), question, scaling);
    }
}
