using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian.Rows;

/// <summary>The Kalman filter of <see cref="KalmanFilter"/> in plain float64, without gradients: rows that share a covariance compute it
/// once, and a mean costs a few vector instructions where a tensor's step costs a hundred calls.</summary>
/// <remarks>A row's numbers have the same bits whatever rows are beside it, and step by step as all at once.</remarks>
internal sealed class RowFilter
{
    // Beyond, LibTorch's matrix products win.
    private const int MostLatent = 32, MostObserved = 64;

    // What a span of bytes can hold.
    private const long MostNumbers = int.MaxValue / sizeof(double);

    private readonly LinearGaussianSystem _system;
    private readonly SequenceBatch _batch;
    private readonly GaussianMoments? _before;
    private readonly int _latent, _observation;
    private readonly ConditionalReader _transitions, _emissions;
    private readonly CovarianceRecursion _covariances;
    private readonly RowWork _work;
    private readonly List<ColumnMatrix> _moves = [];
    private readonly AffineGaussian[] _kept;
    private readonly int[] _predicted, _filtered, _transition, _begin;
    private readonly double[] _beginMeans;
    private AffineGaussian? _last;

    private RowFilter(LinearGaussianSystem system, SequenceBatch batch, GaussianMoments? before)
    {
        (_system, _batch, _before) = (system, batch, before);
        (_latent, _observation) = ((int)system.Initial.Mean.shape[^1], batch.ObservationSize);
        (_transitions, _emissions) = (new(_latent, _latent), new(_observation, _latent));
        _covariances = new(_latent, _transitions, _emissions);
        _work = new(_latent, _observation);
        _kept = new AffineGaussian[before is null ? batch.Steps - 1 : batch.Steps];
        (_predicted, _filtered, _transition) = (new int[batch.PackedSteps], new int[batch.PackedSteps], new int[batch.PackedSteps]);
        var start = before ?? system.Initial;
        _beginMeans = Dense.Copy(start.Mean);
        double[] covariances = Dense.Copy(start.Covariance);
        int square = _latent * _latent;
        _begin = [.. Enumerable.Range(0, covariances.Length / square).Select(i => _covariances.Covariances.Place(covariances.AsSpan(i * square, square)))];
    }

    /// <summary>Whether this serves a batch: no gradients are wanted, it lies on the CPU, and its matrices are small.</summary>
    public static bool Serves(LinearGaussianSystem system, SequenceBatch batch) =>
        !is_grad_enabled() && batch.Device.IsHost() && batch.Type is ScalarType.Float32 or ScalarType.Float64
            && system.Initial.Mean.shape[^1] is var latent and <= MostLatent && batch.ObservationSize <= MostObserved
            && batch.PackedSteps * Math.Max(latent, batch.ObservationSize) <= MostNumbers;

    /// <summary>Filters a batch.</summary>
    /// <param name="system">The system.</param>
    /// <param name="batch">The observations.</param>
    /// <param name="before">p(z | x) one step before the batch, of each row: its steps are then the system's from 1 on; null: the rows begin.</param>
    /// <exception cref="ArgumentException">An emission does not have the batch's observation size.</exception>
    /// <exception cref="ArithmeticException">A covariance is not positive definite; the message names the step.</exception>
    public static FilteredStates Run(LinearGaussianSystem system, SequenceBatch batch, GaussianMoments? before = null)
    {
        using var scope = NewDisposeScope();
        var filter = new RowFilter(system, batch, before);
        var (predicted, filtered) = (Empty(batch.PackedSteps, filter._latent), Empty(batch.PackedSteps, filter._latent));
        var (likelihood, distance) = (Empty(batch.PackedSteps), Empty(batch.PackedSteps));
        var steps = new Steps
        {
            Predicted = Dense.Numbers(predicted),
            Filtered = Dense.Numbers(filtered),
            LogLikelihood = Dense.Numbers(likelihood),
            SquaredDistance = Dense.Numbers(distance),
            Observations = Dense.Numbers(batch.Observations.to(ScalarType.Float64).contiguous()),
            Observed = batch.Observed is null ? default : Dense.Numbers(batch.Observed.to(ScalarType.Float64).contiguous()),
        };
        for (int t = 0; t < batch.Steps; t++)
            filter.Step(t, steps);
        return filter.Result(predicted, filtered, likelihood.to(batch.Type), distance.to(batch.Type));
    }

    private static Tensor Empty(params long[] shape) => empty(shape, ScalarType.Float64);

    private FilteredStates Result(Tensor predicted, Tensor filtered, Tensor likelihood, Tensor distance)
    {
        var states = new RowStates(_batch, predicted.MoveToOuterDisposeScope(), filtered.MoveToOuterDisposeScope(), _covariances.Covariances,
            _predicted, _filtered, _transitions, _transition);
        GaussianPath Path(Tensor means, int[] places) => new(new PackedGaussians(
            (means.dtype == _batch.Type ? means.alias() : means.to(_batch.Type)).MoveToOuterDisposeScope(), states.Matrices(states.Covariances, places)));
        return new(Path(predicted, _predicted), Path(filtered, _filtered), _kept, likelihood.MoveToOuterDisposeScope(),
            _batch.SumBySequence(likelihood).MoveToOuterDisposeScope())
        {
            SquaredDistance = distance.MoveToOuterDisposeScope(),
            Rows = states,
        };
    }

    private void Step(int t, in Steps steps)
    {
        using var scope = NewDisposeScope();
        bool moves = t > 0 || _before is not null;
        int step = _before is null ? t : t + 1;
        if (moves)
            Move(_system.Transition(step), step);
        var emission = _system.Emission(step);
        KalmanFilter.CheckEmission(emission, _batch, step);
        _emissions.Read(emission);
        int start = (int)_batch.Offsets[t], pattern = steps.Observed.IsEmpty ? _covariances.Pattern(Enumerable.Repeat(1.0, _observation).ToArray()) : 0;
        for (int row = 0; row < _batch.Active[t]; row++)
        {
            int place = start + row;
            var prior = steps.Predicted.Slice(place * _latent, _latent);
            if (moves)
                Predict(t, row, place, steps, prior);
            else
                Begin(row, place, prior);
            if (!steps.Observed.IsEmpty)
                pattern = _covariances.Pattern(steps.Observed.Slice(place * _observation, _observation));
            var update = _covariances.Update(_predicted[place], _emissions.Place(row), pattern, step);
            _filtered[place] = update.Filtered;
            (steps.LogLikelihood[place], steps.SquaredDistance[place]) = update.Apply(prior,
                steps.Observations.Slice(place * _observation, _observation), _emissions.Offset(row), _work, steps.Filtered.Slice(place * _latent, _latent));
        }
    }

    private void Move(AffineGaussian transition, int step)
    {
        _transitions.Read(transition);
        while (_moves.Count < _transitions.Distinct.Count)
            _moves.Add(new(_transitions.Matrix(_moves.Count), _latent));
        _kept[step - 1] = ReferenceEquals(transition, _last) ? _kept[step - 2]
            : transition.Alias().MoveToOuterDisposeScope().MoveToOuterDisposeScope();
        _last = transition;
    }

    private void Begin(int row, int place, Span<double> prior)
    {
        BeginMean(row).CopyTo(prior);
        _predicted[place] = BeginPlace(row);
    }

    private void Predict(int t, int row, int place, in Steps steps, Span<double> prior)
    {
        int previous = t == 0 ? 0 : (int)_batch.Offsets[t - 1] + row;
        var mean = t == 0 ? BeginMean(row) : steps.Filtered.Slice(previous * _latent, _latent);
        int transition = _transition[place] = _transitions.Place(row);
        _work.Begin(_transitions.Offset(row));
        _moves[transition].AddProduct(mean, _work.State);
        _work.End(prior);
        _predicted[place] = _covariances.Predict(t == 0 ? BeginPlace(row) : _filtered[previous], transition);
    }

    private ReadOnlySpan<double> BeginMean(int row) => _beginMeans.Length == _latent ? _beginMeans : _beginMeans.AsSpan(row * _latent, _latent);

    private int BeginPlace(int row) => _begin.Length == 1 ? _begin[0] : _begin[row];

    /// <summary>What the packed tensors hold.</summary>
    private ref struct Steps
    {
        public Span<double> Predicted { get; init; }

        public Span<double> Filtered { get; init; }

        public Span<double> LogLikelihood { get; init; }

        public Span<double> SquaredDistance { get; init; }

        public ReadOnlySpan<double> Observations { get; init; }

        public ReadOnlySpan<double> Observed { get; init; }
    }
}

/// <summary>What a <see cref="RowFilter"/> found, as its smoother reads it.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="PredictedMeans">Packed [S, Z] in float64.</param>
/// <param name="FilteredMeans">Packed [S, Z] in float64.</param>
/// <param name="Covariances">All distinct ones.</param>
/// <param name="Predicted">The place of each packed step's predicted covariance.</param>
/// <param name="Filtered">The place of each packed step's filtered covariance.</param>
/// <param name="Transitions">The distinct transitions.</param>
/// <param name="Transition">The place of the transition into each packed step.</param>
internal sealed record RowStates(SequenceBatch Batch, Tensor PredictedMeans, Tensor FilteredMeans, DistinctBlocks Covariances, int[] Predicted,
    int[] Filtered, ConditionalReader Transitions, int[] Transition)
{
    /// <summary>Matrices of every packed step.</summary>
    public PackedMatrices Matrices(DistinctBlocks distinct, int[] places) => new(distinct, places, (int)PredictedMeans.shape[1], Batch.Active, Batch.Type);
}
