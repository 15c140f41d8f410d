using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Scores of a model whose states are carried as Gaussians, in float64 and without draws: Kalman filter, RTS smoother and
/// Gaussian forecasts, exact or by sigma points.</summary>
internal abstract class GaussianScoring(GenerativeModule model, ScoringOptions options, Device device) : IFilter
{
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

    public FilteredBatch Filter(SequenceBatch batch, IReadOnlyList<Sequence> rows, bool forecasts)
    {
        using var scope = NewDisposeScope();
        var states = Run(batch);
        // There are no particles that could degenerate: the effective number is all of them.
        var size = full_like(states.StepLogLikelihood, options.Particles);
        return new(states.Filtered.Means().MoveToOuterDisposeScope(), states.Filtered.Variances().sqrt().MoveToOuterDisposeScope(),
            states.StepLogLikelihood.MoveToOuterDisposeScope(), size.MoveToOuterDisposeScope(),
            forecasts ? Band(states, batch, rows) : null);
    }

    private ForecastBand Band(FilteredStates states, SequenceBatch batch, IReadOnlyList<Sequence> rows)
    {
        using var scope = NewDisposeScope();
        var future = FutureInputs.Of(model.Data, [.. batch.Order.Select(place => rows[place])], options.Horizon, device, Type);
        var forecast = Forecast(states.Filtered.Last(), future);
        // P(|x| < q σ) = erf(q / √2) is the interval's probability.
        double quantile = Math.Sqrt(2) * tensor(options.ConfidenceLevel, ScalarType.Float64).erfinv().item<double>();
        var mean = forecast.Mean.flatten(1);
        var reach = quantile * forecast.Covariance.diagonal(0, -2, -1).sqrt().flatten(1);
        return new(mean.MoveToOuterDisposeScope().MoveToOuterDisposeScope(), (mean - reach).MoveToOuterDisposeScope().MoveToOuterDisposeScope(),
            (mean + reach).MoveToOuterDisposeScope().MoveToOuterDisposeScope());
    }
}

/// <summary>Scores of a linear-Gaussian model: exact, whatever is missing.</summary>
internal sealed class ExactScoring(GenerativeModule model, ScoringOptions options, Device device) : GaussianScoring(model, options, device)
{
    private readonly ILinearGaussian _model = (ILinearGaussian)model;

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

    protected override FilteredStates Run(SequenceBatch batch) =>
        UnscentedKalmanFilter.Run(GaussianMarkovSystem.Of(_model, t => batch.Inputs(batch.Step(t)), batch.Count, Type), batch, _points);

    protected override LinearGaussianForecast Forecast(GaussianMoments last, IReadOnlyList<StepInputs> future) =>
        UnscentedKalmanFilter.Forecast(GaussianMarkovSystem.Of(_model, h => future[h], last.Mean.shape[0], Type), last, future.Count, _points);
}
