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
    public ScalarType Type => ScalarType.Float64;

    /// <summary>Filters a batch.</summary>
    protected abstract FilteredStates Run(SequenceBatch batch);

    /// <summary>Forecasts from each row's last filtered state.</summary>
    protected abstract LinearGaussianForecast Forecast(GaussianMoments last, IReadOnlyList<StepInputs> future);

    /// <summary>p(x_t | z_t) near a state.</summary>
    protected abstract Linearization Emission(SequenceBatch batch);

    public SmoothedBatch Smooth(SequenceBatch batch, bool impute)
    {
        using var scope = NewDisposeScope();
        var states = RtsSmoother.Run(Run(batch)).States;
        return new(states.Means().MoveToOuterDisposeScope(), states.Variances().sqrt().MoveToOuterDisposeScope(),
            impute ? Imputation.OfGaussians(Emission(batch), states, batch).MoveToOuterDisposeScope() : null);
    }

    public FilteredBatch Filter(SequenceBatch batch, IReadOnlyList<Sequence> rows, ForecastQuery? forecast, bool tails)
    {
        using var scope = NewDisposeScope();
        var states = Run(batch);
        // There are no particles that could degenerate: the effective number is all of them.
        var size = full_like(states.StepLogLikelihood, options.Particles);
        return new(states.Filtered.Means().MoveToOuterDisposeScope(), states.Filtered.Variances().sqrt().MoveToOuterDisposeScope(),
            states.StepLogLikelihood.MoveToOuterDisposeScope(), size.MoveToOuterDisposeScope(),
            forecast is null ? null : Forecast(states, batch, forecast))
        {
            TailProbability = tails ? Tails(states, batch).MoveToOuterDisposeScope() : null,
        };
    }

    private static Tensor Tails(FilteredStates states, SequenceBatch batch) => TailProbability.OfGaussian(states.SquaredDistance!,
        batch.Observed?.sum(-1) ?? full_like(states.SquaredDistance!, batch.ObservationSize));

    public ModelState Particles(SequenceBatch batch, IReadOnlyList<Sequence> rows)
    {
        using var scope = NewDisposeScope();
        using var noise = Noise(batch, Type);
        return Draw(Run(batch), noise).Map(part => part.MoveToOuterDisposeScope());
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

    protected override FilteredStates Run(SequenceBatch batch) => KalmanFilter.Run(_model.System(batch), batch);

    protected override Linearization Emission(SequenceBatch batch)
    {
        var system = _model.System(batch);
        return (t, _) => system.Emission(t);
    }

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

    protected override FilteredStates Run(SequenceBatch batch) => UnscentedKalmanFilter.Run(System(batch), batch, _points);

    protected override Linearization Emission(SequenceBatch batch)
    {
        var system = System(batch);
        return (t, state) => _points.Linearize(state, z => system.Emission(t, z), t);
    }

    private NonlinearGaussianSystem System(SequenceBatch batch) =>
        GaussianMarkovSystem.Of(_model, t => batch.Inputs(batch.Step(t)), batch.Count, Type);

    protected override LinearGaussianForecast Forecast(GaussianMoments last, IReadOnlyList<StepInputs> future) =>
        UnscentedKalmanFilter.Forecast(GaussianMarkovSystem.Of(_model, h => future[h], last.Mean.shape[0], Type), last, future.Count, _points);
}
