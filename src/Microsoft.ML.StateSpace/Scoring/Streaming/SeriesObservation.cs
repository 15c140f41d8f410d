namespace Microsoft.ML.StateSpace.Scoring.Streaming;

/// <summary>One step of one series, as it is handed to a filter.</summary>
/// <param name="Series">The series' name, which also seeds its noise.</param>
/// <param name="Values">x_t, D numbers; NaN is missing; none at all: nothing is observed.</param>
public sealed record SeriesObservation(string Series, IReadOnlyList<float> Values)
{
    /// <summary>One Boolean, or D of them; false means missing. Null: whatever is not NaN is observed.</summary>
    public IReadOnlyList<bool>? Mask { get; init; }

    /// <summary>The step's time, where the model reads times; it must not fall.</summary>
    public double? Time { get; init; }

    /// <summary>u_t, which acts on the transition into this step, U numbers, where the model reads controls; static covariates come last.</summary>
    public IReadOnlyList<float>? Controls { get; init; }
}

/// <summary>What is known beforehand of the steps of a series that are to be forecast.</summary>
/// <param name="Series">The series' name.</param>
public sealed record SeriesFuture(string Series)
{
    /// <summary>H·U numbers, step by step, where the model reads controls; static covariates come last of each step.</summary>
    public IReadOnlyList<float>? Controls { get; init; }

    /// <summary>H times, where the model reads times; null: the last gap goes on.</summary>
    public IReadOnlyList<double>? Times { get; init; }
}

/// <summary>What a filter says of a series after a step.</summary>
/// <param name="Series">The series' name.</param>
/// <param name="Step">Number of the step in the series, from 0.</param>
/// <param name="Mean">E[z_t | x_1 … x_t], Z numbers.</param>
/// <param name="Std">Its standard deviation, Z numbers.</param>
/// <param name="LogLikelihood">log p(x_t | x_1 … x_{t−1}) in nats; 0 where nothing was observed.</param>
/// <param name="EffectiveSampleSize">Between 1 and the number of particles; all of it where the filter is no particle filter.</param>
/// <param name="AnomalyScore">P(log p(X) ≤ log p(x_t)) for X drawn from the prediction of x_t, calibrated where the model is: small where
/// x_t is surprising; NaN where nothing was observed; null where the filter was not asked for it.</param>
public sealed record FilteredStep(string Series, long Step, IReadOnlyList<float> Mean, IReadOnlyList<float> Std, double LogLikelihood,
    float EffectiveSampleSize, double? AnomalyScore);

/// <summary>A forecast of the steps after a series' last one.</summary>
/// <param name="Series">The series' name.</param>
/// <param name="Step">Number of the first step forecast, from 0.</param>
/// <param name="Mean">E[x_{T+h} | x_1 … x_T], H·D numbers.</param>
/// <param name="Quantiles">H·D numbers for each probability asked for, in that order.</param>
/// <param name="Paths">Sample paths, N·H·D numbers, path by path.</param>
public sealed record SeriesForecast(string Series, long Step, IReadOnlyList<float> Mean, IReadOnlyList<IReadOnlyList<float>> Quantiles,
    IReadOnlyList<float> Paths);
