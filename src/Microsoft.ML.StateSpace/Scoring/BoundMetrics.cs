using System.Globalization;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Bounds on the log-likelihood of a data set, in nats.</summary>
/// <param name="Sequences">Sequences evaluated.</param>
/// <param name="Steps">Their steps with an observed value.</param>
/// <param name="Particles">Samples of z behind all three bounds.</param>
/// <param name="Elbo">The evidence lower bound, analytic KL.</param>
/// <param name="ImportanceSampled">IWAE, log (1/S) Σ_s p(x, z_s) / q(z_s | x): nearer to the log-likelihood from below.</param>
/// <param name="Fivo">log Ẑ of a particle filter with the inference network as its proposal, and the model's tilt where it has one.</param>
/// <param name="Filter">The log-likelihood that the model's filter finds; null unless asked for.</param>
/// <param name="FreeEnergy">Where the inference network iterates K times: the free energy per step before the first iteration and after
/// each, K + 1 numbers, the mean over sequences of each one's mean over its observed steps (Marino et al. 2018); else null.</param>
public sealed record BoundMetrics(int Sequences, long Steps, int Particles, BoundFigures Elbo, BoundFigures ImportanceSampled,
    BoundFigures Fivo, FilterFigures? Filter = null, IReadOnlyList<double>? FreeEnergy = null)
{
    /// <summary>The figures as Krishnan et al. 2017 print them.</summary>
    public NegativeLikelihoodTriple Triple => new(-ImportanceSampled.PerStep, -Elbo.PerStep, -Elbo.MeanOfPerStep);
}

/// <summary>a (b) {c} of Krishnan et al. 2017, tables 1 and 2: nats, smaller is better.</summary>
/// <param name="ImportanceSampled">a: the importance-sampled negative log-likelihood per step.</param>
/// <param name="NegativeBound">b: the negative ELBO per step.</param>
/// <param name="MeanNegativeBound">c: the mean over sequences of each one's negative ELBO per step.</param>
public sealed record NegativeLikelihoodTriple(double ImportanceSampled, double NegativeBound, double MeanNegativeBound)
{
    /// <summary>a (b) {c}, with three decimals.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{ImportanceSampled:f3} ({NegativeBound:f3}) {{{MeanNegativeBound:f3}}}");
}

/// <summary>The log-likelihood of the filter that scores the model, and how far to trust it.</summary>
/// <param name="Kind">What the filter is: particles estimate, a Kalman filter is exact, an unscented one approximates.</param>
/// <param name="Particles">Particles of a particle filter; the others have none, so that their effective sample size is as many.</param>
/// <param name="EffectiveSampleSize">Mean effective sample size over all steps, before resampling.</param>
/// <param name="LogLikelihood">log p(x), or its estimate log Ẑ, in nats.</param>
public sealed record FilterFigures(FilterKind Kind, int Particles, double EffectiveSampleSize, BoundFigures LogLikelihood);

/// <summary>One bound, reported three ways (nats; larger is better).</summary>
/// <param name="PerStep">Sum over sequences divided by the number of observed steps.</param>
/// <param name="PerSequence">Sum over sequences divided by their number.</param>
/// <param name="MeanOfPerStep">Mean over sequences of each one's figure per observed step.</param>
public sealed record BoundFigures(double PerStep, double PerSequence, double MeanOfPerStep)
{
    internal static BoundFigures Of(IReadOnlyList<double> bySequence, IReadOnlyList<int> steps) =>
        new(bySequence.Sum() / steps.Sum(s => (double)s), bySequence.Average(), bySequence.Zip(steps, (b, s) => b / s).Average());
}

/// <summary>How FIVO's particles fared on one sequence of T steps.</summary>
/// <param name="Place">The sequence's place in the data, from 0.</param>
/// <param name="Id">Its id; null where it has none.</param>
/// <param name="LogWeights">W after each step, before any resampling, [T·N], step-major, in nats.</param>
/// <param name="EffectiveSampleSize">Effective sample size before any resampling, [T].</param>
/// <param name="Resampled">Whether the particles were resampled after the step, [T].</param>
public sealed record ParticleTrace(int Place, string? Id, float[] LogWeights, float[] EffectiveSampleSize, bool[] Resampled);

/// <summary>How a model is evaluated.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Samples of z per sequence. Default 100.</summary>
    public int Particles { get; init; } = 100;

    /// <summary>Particles of the model's filter, whose likelihood and effective sample size are then reported too; a filter that
    /// needs none is run for any number above 0. 0: none is run. Default 0.</summary>
    public int FilterParticles { get; init; }

    /// <summary>Gradient steps by which each sequence's own q is raised from where the inference network puts it, before the samples are drawn:
    /// semi-amortised inference (Kim et al. 2018). The model is left as it is, and every figure remains a bound on its log-likelihood, but all of
    /// them are nearer to it. What is moved is the encoding: numbers per step, not weights. Default 0: the network's q as it is.</summary>
    public int RefinementSteps { get; init; }

    /// <summary>Adam's step size in these, falling to 0 with the last one. Default 0.003.</summary>
    public double RefinementRate { get; init; } = 0.003;

    /// <summary>Seed of the samples, with each row's own key. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Stops the evaluation between batches.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Told after every batch how many sequences are done.</summary>
    public IProgress<int>? Progress { get; init; }

    /// <summary>Given each sequence's trace as it is done, shortest sequences first; null: none.</summary>
    public Action<ParticleTrace>? Trace { get; init; }
}
