namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Bounds on the log-likelihood of a data set, in nats.</summary>
/// <param name="Sequences">Sequences evaluated.</param>
/// <param name="Steps">Their steps with an observed value.</param>
/// <param name="Particles">Samples of z behind both figures.</param>
/// <param name="Elbo">The evidence lower bound, analytic KL.</param>
/// <param name="ImportanceSampled">log (1/S) Σ_s p(x, z_s) / q(z_s | x): nearer to the log-likelihood from below.</param>
/// <param name="Filter">The particle filter's estimate; null unless asked for.</param>
public sealed record BoundMetrics(int Sequences, long Steps, int Particles, BoundFigures Elbo, BoundFigures ImportanceSampled,
    FilterFigures? Filter = null);

/// <summary>The filter's log-likelihood, and how far to trust it: the particle filter's estimate, or the exact one of a linear-Gaussian model.</summary>
/// <param name="Particles">Particles of the filter; an exact one has none to lose, so that its effective sample size is all of them.</param>
/// <param name="EffectiveSampleSize">Mean effective sample size over all steps, before resampling.</param>
/// <param name="LogLikelihood">log Ẑ, in nats.</param>
public sealed record FilterFigures(int Particles, double EffectiveSampleSize, BoundFigures LogLikelihood);

/// <summary>One bound, reported three ways (nats; larger is better).</summary>
/// <param name="PerStep">Sum over sequences divided by the number of observed steps.</param>
/// <param name="PerSequence">Sum over sequences divided by their number.</param>
/// <param name="MeanOfPerStep">Mean over sequences of each one's figure per observed step.</param>
public sealed record BoundFigures(double PerStep, double PerSequence, double MeanOfPerStep)
{
    internal static BoundFigures Of(IReadOnlyList<double> bySequence, IReadOnlyList<int> steps) =>
        new(bySequence.Sum() / steps.Sum(s => (double)s), bySequence.Average(), bySequence.Zip(steps, (b, s) => b / s).Average());
}

/// <summary>How a model is evaluated.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Samples of z per sequence. Default 100.</summary>
    public int Particles { get; init; } = 100;

    /// <summary>Particles of the filter, whose likelihood and effective sample size are then reported too; 0: none. Default 0.</summary>
    public int FilterParticles { get; init; }

    /// <summary>Seed of the samples, with each row's own key. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Stops the evaluation between batches.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Told after every batch how many sequences are done.</summary>
    public IProgress<int>? Progress { get; init; }
}
