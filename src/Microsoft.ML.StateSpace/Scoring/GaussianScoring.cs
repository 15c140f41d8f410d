using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Scores of a model whose states are carried as Gaussians, in float64 and without draws: Kalman filter, RTS smoother and
/// Gaussian forecasts, exact or by sigma points.</summary>
internal abstract class GaussianScoring(GenerativeModule model, ScoringOptions options, Device device) : IFilter
{
    public abstract FilterKind Kind { get; }

    public ScalarType Type => ScalarType.Float64;

    /// <summary>Filters a batch.</summary>
    protected abstract FilteredStates Run(SequenceBatch batch);

    /// <summary>Forecasts from each row's last filtered state.</summary>
    protected abstract LinearGaussianForecast Forecast(GaussianMoments last, IReadOnlyList<StepInputs> future);

    public (Tensor Mean, Tensor Std) Smooth(SequenceBatch batch)
    {
        using var scope = NewDisposeScope();
        var states = RtsSmoother.Run(Run(batch)).States;
        return (states.Means().MoveToOuterDisposeScope(), states.Variances().sqrt().MoveToOuterDisposeScope());
    }

    public FilteredBatch Filter(SequenceBatch batch, IReadOnlyList<Sequence> rows, ForecastQuery? forecast)
    {
        using var scope = NewDisposeScope();
        var states = Run(batch);
        // There are no particles that could degenerate: the effective number is all of them.
        var size = full_like(states.StepLogLikelihood, options.Particles);
        return new(states.Filtered.Means().MoveToOuterDisposeScope(), states.Filtered.Variances().sqrt().MoveToOuterDisposeScope(),
            states.StepLogLikelihood.MoveToOuterDisposeScope(), size.MoveToOuterDisposeScope(),
            forecast is null ? null : Forecast(states, batch, forecast));
    }

    public LastState Last(SequenceBatch batch, IReadOnlyList<Sequence> rows)
    {
        using var scope = NewDisposeScope();
        using var noise = Noise(batch, Type);
        var states = Run(batch);
        return new(Draw(states, noise).Map(part => part.MoveToOuterDisposeScope()),
            states.LogEvidence.MoveToOuterDisposeScope());
    }

    // What is returned leaves the caller's scope too.
    private ForecastTensors Forecast(FilteredStates states, SequenceBatch batch, ForecastQuery query)
    {
        var forecast = Forecast(states.Filtered.Last(), query.Inputs(model.Data, batch, Type));
        var mean = forecast.Mean.flatten(1);
        var deviation = forecast.Covariance.diagonal(0, -2, -1).sqrt().flatten(1);
        var quantiles = query.Probabilities.Select(p => (mean + StandardQuantile(p) * deviation).MoveToOuterDisposeScope()).ToArray();
        return new(mean.MoveToOuterDisposeScope(), quantiles, query.Paths == 0 ? null : Paths(states, batch, query).MoveToOuterDisposeScope());
    }

    // Steps are drawn as any model's are, in its own number type.
    private Tensor Paths(FilteredStates states, SequenceBatch batch, ForecastQuery query)
    {
        using var first = Noise(batch, Type);
        using var steps = new RowNoise(options.Seed, batch.NoiseKeys, options.Particles, device);
        return Forecaster.Run(model, Draw(states, first), query.Inputs(model.Data, batch, ScalarType.Float32), steps, [],
            ParticleChoice.Paths(options, batch.NoiseKeys, query.Paths, device)).Paths!;
    }

    private RowNoise Noise(SequenceBatch batch, ScalarType type) => new(~options.Seed, batch.NoiseKeys, options.Particles, device, type);

    private ModelState Draw(FilteredStates states, NoiseSource noise)
    {
        var last = states.Filtered.Last();
        return new(last.Sample(noise.Normal((int)last.Mean.shape[0], model.LatentSize)).to(ScalarType.Float32));
    }

    // P(x < √2 erf⁻¹(2p − 1)) = p.
    private static double StandardQuantile(double probability) =>
        Math.Sqrt(2) * tensor(2 * probability - 1, ScalarType.Float64).erfinv().item<double>();
}

/// <summary>Scores of a linear-Gaussian model: exact, whatever is missing.</summary>
internal sealed class ExactScoring(GenerativeModule model, ScoringOptions options, Device device) : GaussianScoring(model, options, device)
{
    private readonly ILinearGaussian _model = (ILinearGaussian)model;

    public override FilterKind Kind => FilterKind.Exact;

    protected override FilteredStates Run(SequenceBatch batch) => KalmanFilter.Run(_model.System(batch), batch);

    protected override LinearGaussianForecast Forecast(GaussianMoments last, IReadOnlyList<StepInputs> future)
    {
        var system = _model.System(h => future[h], Type);
        return LinearGaussianForecast.Run(last, future.Count, system.Transition, system.Emission);
    }
}

/// <summary>Scores by the unscented filter, of a model for which <see cref="GenerativeModel.IsGaussianMarkov"/> holds.</summary>
internal sealed class UnscentedScoring(GenerativeModule model, ScoringOptions options, Device device) : GaussianScoring(model, options, device)
{
    private readonly GenerativeModule _model = model;
    private readonly SigmaPoints _points = new();

    public override FilterKind Kind => FilterKind.Unscented;

    protected override FilteredStates Run(SequenceBatch batch) =>
        UnscentedKalmanFilter.Run(GaussianMarkovSystem.Of(_model, t => batch.Inputs(batch.Step(t)), batch.Count, Type), batch, _points);

    protected override LinearGaussianForecast Forecast(GaussianMoments last, IReadOnlyList<StepInputs> future) =>
        UnscentedKalmanFilter.Forecast(GaussianMarkovSystem.Of(_model, h => future[h], last.Mean.shape[0], Type), last, future.Count, _points);
}
