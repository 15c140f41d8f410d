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

    /// <summary>The system over steps of which <paramref name="inputs"/> are known.</summary>
    protected abstract GaussianRecursion Recursion(Func<int, StepInputs> inputs, long rows);

    /// <summary>Filters one step of rows that all begin or all go on.</summary>
    /// <param name="before">p(z_{t−1} | x_1 … x_{t−1}) of each row; null: they begin.</param>
    /// <param name="batch">The rows' step.</param>
    public virtual KalmanStep Step(GaussianMoments? before, SequenceBatch batch) =>
        KalmanFilter.Step(Recursion(_ => batch.Inputs(batch.Step(0)), batch.Count).OneStep(before is null, batch.Count), before, batch, 0);

    /// <summary>Forecasts from each row's last filtered state.</summary>
    protected abstract LinearGaussianForecast Forecast(GaussianMoments last, IReadOnlyList<StepInputs> future);

    /// <summary>p(x_t | z_t) near a state.</summary>
    protected abstract Linearization Emission(SequenceBatch batch);

    public SmoothedBatch Smooth(SequenceBatch batch, bool spread, bool impute)
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

    public LastState Last(SequenceBatch batch, IReadOnlyList<Sequence> rows)
    {
        using var scope = NewDisposeScope();
        using var noise = Noise(batch.NoiseKeys);
        var states = Run(batch);
        return new(Draw(states.Filtered.Last(), noise).Map(part => part.MoveToOuterDisposeScope()),
            states.LogEvidence.MoveToOuterDisposeScope());
    }

    private ForecastTensors Forecast(FilteredStates states, SequenceBatch batch, ForecastQuery query) => Forecast(states.Filtered.Last(),
        new FutureQuery(type => query.Inputs(model.Data, batch, type), batch.NoiseKeys, query.Probabilities, query.Paths));

    /// <summary>Forecasts from each row's last filtered state; what is returned leaves the caller's scope too.</summary>
    public ForecastTensors Forecast(GaussianMoments last, FutureQuery query)
    {
        var forecast = Forecast(last, query.Inputs(Type));
        var mean = forecast.Mean.flatten(1);
        var deviation = forecast.Covariance.diagonal(0, -2, -1).sqrt().flatten(1);
        var quantiles = query.Probabilities.Select(p => (mean + StandardQuantile(p) * deviation).MoveToOuterDisposeScope()).ToArray();
        return new(mean.MoveToOuterDisposeScope(), quantiles, query.Paths == 0 ? null : Paths(last, query).MoveToOuterDisposeScope());
    }

    // Steps are drawn as any model's are, in its own number type.
    private Tensor Paths(GaussianMoments last, FutureQuery query)
    {
        using var first = Noise(query.Keys);
        using var steps = new RowNoise(options.Seed, query.Keys, options.Particles, device);
        return Forecaster.Run(model, Draw(last, first), query.Inputs(ScalarType.Float32), steps, [],
            ParticleChoice.Paths(options, query.Keys, query.Paths, device)).Paths!;
    }

    private RowNoise Noise(IReadOnlyList<ulong> keys) => new(~options.Seed, keys, options.Particles, device, Type);

    private ModelState Draw(GaussianMoments last, NoiseSource noise) =>
        new(last.Sample(noise.Normal((int)last.Mean.shape[0], model.LatentSize)).to(ScalarType.Float32));

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

    public override KalmanStep Step(GaussianMoments? before, SequenceBatch batch) =>
        KalmanFilter.OneStep(_model.System(_ => batch.Inputs(batch.Step(0)), Type), before, batch);

    protected override GaussianRecursion Recursion(Func<int, StepInputs> inputs, long rows) => GaussianRecursion.Of(_model.System(inputs, Type));

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

    public override FilterKind Kind => FilterKind.Unscented;

    protected override GaussianRecursion Recursion(Func<int, StepInputs> inputs, long rows) =>
        UnscentedKalmanFilter.Recursion(GaussianMarkovSystem.Of(_model, inputs, rows, Type), _points);

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
