namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>The quantities a scorer can be asked for; only those asked for are computed.</summary>
[Flags]
public enum ScoreOutputs
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>E[z_t | x_1 … x_T].</summary>
    SmoothedMean = 1,
    /// <summary>Standard deviation of z_t given x_1 … x_T.</summary>
    SmoothedStd = 2,
    /// <summary>E[z_t | x_1 … x_t].</summary>
    FilteredMean = 4,
    /// <summary>Standard deviation of z_t given x_1 … x_t.</summary>
    FilteredStd = 8,
    /// <summary>log p(x_t | x_1 … x_{t−1}).</summary>
    LogLikelihood = 16,
    /// <summary>Effective sample size of the particle filter at each step.</summary>
    EffectiveSampleSize = 32,
    /// <summary>E[x_{T+h} | x_1 … x_T].</summary>
    Forecast = 64,
    /// <summary>Lower end of the forecast's central interval.</summary>
    ForecastLower = 128,
    /// <summary>Upper end of the forecast's central interval.</summary>
    ForecastUpper = 256,
    /// <summary>log p(x_1 … x_T).</summary>
    SequenceLogLikelihood = 512,
    /// <summary>Calibrated tail probability of each step: small is anomalous.</summary>
    AnomalyScore = 1024,
    /// <summary>x_t where observed, else E[x_t | x_1 … x_T].</summary>
    Imputed = 2048,
    /// <summary>Quantiles of x_{T+h} given x_1 … x_T.</summary>
    ForecastQuantiles = 4096,
    /// <summary>Sample paths of x_{T+1} … x_{T+H} given x_1 … x_T.</summary>
    ForecastPaths = 8192,
}

/// <summary>A sequence's scores, step-major; null where not asked for. Steps beyond the sequence's length hold NaN, and 0 in
/// <see cref="LogLikelihood"/>, to which they add nothing.</summary>
public sealed class SequenceScores
{
    /// <summary>T·Z numbers.</summary>
    public float[]? SmoothedMean { get; internal set; }

    /// <summary>T·Z numbers.</summary>
    public float[]? SmoothedStd { get; internal set; }

    /// <summary>T·Z numbers.</summary>
    public float[]? FilteredMean { get; internal set; }

    /// <summary>T·Z numbers.</summary>
    public float[]? FilteredStd { get; internal set; }

    /// <summary>T numbers, nats.</summary>
    public float[]? LogLikelihood { get; internal set; }

    /// <summary>T numbers between 1 and the number of particles; all of it where the filter is no particle filter.</summary>
    public float[]? EffectiveSampleSize { get; internal set; }

    /// <summary>H·D numbers.</summary>
    public float[]? Forecast { get; internal set; }

    /// <summary>H·D numbers.</summary>
    public float[]? ForecastLower { get; internal set; }

    /// <summary>H·D numbers.</summary>
    public float[]? ForecastUpper { get; internal set; }

    /// <summary>Q·H·D numbers, a quantile after the other.</summary>
    public float[]? ForecastQuantiles { get; internal set; }

    /// <summary>N·H·D numbers, a path after the other.</summary>
    public float[]? ForecastPaths { get; internal set; }

    /// <summary>The sum of <see cref="LogLikelihood"/>, in nats.</summary>
    public float? SequenceLogLikelihood { get; internal set; }

    /// <summary>T numbers in [0, 1]: the probability of a step no more likely than the observed one was, given the steps before it;
    /// small is anomalous. NaN where nothing was observed.</summary>
    public float[]? AnomalyScore { get; internal set; }

    /// <summary>T·D numbers: observed values as they are, missing ones expected given all that was observed.</summary>
    public float[]? Imputed { get; internal set; }

    /// <summary>The sequence's name, or null.</summary>
    internal string? Id { get; init; }

    /// <summary>Scores that are, or come of, a number that is NaN or infinite; padding does not count.</summary>
    internal ScoreOutputs NotFinite { get; set; }
}

/// <summary>How p(z_t | x_1 … x_t) is found.</summary>
public enum FilterMethod
{
    /// <summary>Exactly where the model is linear-Gaussian, else by particles.</summary>
    Auto,
    /// <summary>By particles, whatever the model.</summary>
    Particle,
    /// <summary>By sigma points: approximate unless the model's maps are linear, but without noise.</summary>
    Unscented,
}

/// <summary>What a filter is.</summary>
public enum FilterKind
{
    /// <summary>A particle filter: unbiased, with noise.</summary>
    Particle,
    /// <summary>The Kalman filter of a linear-Gaussian model: exact.</summary>
    Exact,
    /// <summary>An unscented Kalman filter: approximate, without noise.</summary>
    Unscented,
}

/// <summary>How sequences are scored.</summary>
public sealed record ScoringOptions
{
    /// <summary>How latents, likelihoods and forecasts are found. Default: exactly where possible, else by particles.</summary>
    public FilterMethod Filter { get; init; } = FilterMethod.Auto;

    /// <summary>Particles of the filter. Default 256.</summary>
    public int Particles { get; init; } = 256;

    /// <summary>Sample paths behind smoothed means and deviations. Default 64.</summary>
    public int SmoothingSamples { get; init; } = 64;

    /// <summary>H, the steps forecast. Default 1.</summary>
    public int Horizon { get; init; } = 1;

    /// <summary>Probability of the forecast's central interval. Default 0.9.</summary>
    public double ConfidenceLevel { get; init; } = 0.9;

    /// <summary>Probabilities of the forecast's quantiles. Default 0.1, 0.5, 0.9.</summary>
    public IReadOnlyList<double> Quantiles { get; init; } = [0.1, 0.5, 0.9];

    /// <summary>N, the sample paths of the forecast given out; at most one per particle. Default 0.</summary>
    public int SamplePaths { get; init; }

    /// <summary>Seed of the draws, with each row's own key. Default 1.</summary>
    public int Seed { get; init; } = 1;
}
