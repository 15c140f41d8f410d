using System.Diagnostics;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Maximises a linear-Gaussian model's likelihood by expectation and maximisation: one pass over the data and one
/// closed-form step an epoch, in float64; validation every epoch, the best model kept.</summary>
internal sealed class ClosedFormTraining : IDisposable
{
    private readonly Stage _stage;
    private readonly ExpectationMaximization _bound;
    private readonly LinearGaussianModule _model;
    private readonly IReadOnlyList<Sequence> _train;
    private readonly List<int[]> _batches;
    private readonly Device _device;
    private readonly ITrainingObserver? _observer;
    private readonly CancellationToken _cancellation;
    private readonly Validation _validation;
    private readonly WeightSnapshots _weights;
    private readonly ExpectationMaximizationOptions _step;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<EpochRecord> _epochs = [];
    private int _bestEpoch;
    private double _bestBound = double.NegativeInfinity;

    /// <summary>The stage's bound is <see cref="ExpectationMaximization"/> and its model linear-Gaussian.</summary>
    public ClosedFormTraining(Stage stage, IReadOnlyList<Sequence> train, IReadOnlyList<Sequence> validation, Device device,
        ITrainingObserver? observer, CancellationToken cancellation)
    {
        _stage = stage;
        _bound = (ExpectationMaximization)stage.Bound;
        _model = (LinearGaussianModule)stage.Generative;
        _train = train;
        _batches = BatchPlan.Sorted(train, stage.Options.BatchSize);
        _device = device;
        _observer = observer;
        _cancellation = cancellation;
        _validation = new Validation(validation, stage.Options.BatchSize * 4, device, stage.Options.KnownSeed);
        _weights = new WeightSnapshots(stage.Parameters, 0);
        _step = new ExpectationMaximizationOptions
        {
            DiagonalInitialCovariance = _model.HasDiagonalCovariances,
            DiagonalTransitionCovariance = _model.HasDiagonalCovariances,
            LeastVariance = _bound.LeastVariance,
        };
    }

    /// <summary>Trains to the end of the schedule or to a reason to stop; leaves the best weights in the model.</summary>
    /// <exception cref="NonFiniteBoundException">A likelihood is not finite.</exception>
    public TrainingHistory Run()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var parameters = _model.Parameters().To(ScalarType.Float64);
        StopReason? stop = null;
        double before = double.NegativeInfinity;
        for (int epoch = 1; stop is null && epoch <= _stage.Options.Epochs; epoch++)
        {
            (var statistics, double bound, stop) = Expect(parameters, epoch);
            // A pass that was stopped half-way has seen part of the data: no maximum is taken from it.
            if (stop is null)
                _model.Set(parameters = ExpectationMaximizationStep.Maximize(parameters, statistics, _step));
            var record = Finish(epoch, bound);
            if (!(_observer?.OnEpoch(record) ?? true))
                stop ??= StopReason.Observer;
            stop ??= IsStale(epoch) || bound - before < _bound.Tolerance ? StopReason.EarlyStopping : null;
            before = bound;
        }
        if (_validation.Fault is { } fault && !double.IsFinite(_bestBound))
            throw new NonFiniteBoundException("validation bound", _stage.Kind, _epochs.Count, fault.Batch, fault.Sequence);
        _weights.RestoreBest();
        _stage.SetTraining(false);
        return new TrainingHistory(_epochs, _bestEpoch, _bestBound, stop ?? StopReason.EpochsDone);
    }

    public void Dispose() => _weights.Dispose();

    // The bound is log p(x) in the data's units, in nats per observed step.
    private (LinearGaussianStatistics Statistics, double Bound, StopReason? Stop) Expect(LinearGaussianParameters parameters, int epoch)
    {
        LinearGaussianStatistics? sum = null;
        double steps = 0, jacobians = 0;
        StopReason? stop = null;
        for (int i = 0; stop is null && i < _batches.Count; i++)
        {
            using var scope = NewDisposeScope();
            using var batch = SequenceBatch.Create([.. _batches[i].Select(place => _train[place])], _device, ScalarType.Float64);
            var controls = parameters.Control is null ? null : batch.Inputs(new PackedRange(0, batch.PackedSteps)).Controls;
            var statistics = LinearGaussianStatistics.Of(parameters, batch, controls);
            double inBatch = batch.ObservedSteps.Sum(), jacobian = _stage.LogJacobian(batch);
            double bound = (statistics.LogLikelihood.item<double>() + jacobian) / inBatch;
            if (!double.IsFinite(bound))
                throw new NonFiniteBoundException("likelihood", _stage.Kind, epoch, i + 1, null);
            sum = (sum is null ? statistics : sum + statistics).MoveToOuterDisposeScope();
            steps += inBatch;
            jacobians += jacobian;
            var progress = new TrainingProgress(_stage.Kind, epoch, _stage.Options.Epochs, i + 1, _batches.Count, bound, _clock.Elapsed, _stage.Options.MaxTime);
            stop = !(_observer?.OnUpdate(progress) ?? true) ? StopReason.Observer
                : _cancellation.IsCancellationRequested ? StopReason.Cancelled
                : _clock.Elapsed >= _stage.Options.MaxTime ? StopReason.TimeLimit : null;
        }
        return (sum!, (sum!.LogLikelihood.item<double>() + jacobians) / steps, stop);
    }

    // The training bound is that of the parameters before the step, which the pass over the data gives for nothing.
    private EpochRecord Finish(int epoch, double bound)
    {
        double validation = _validation.Evaluate(_stage);
        if (validation > _bestBound || !double.IsFinite(_bestBound))
        {
            _weights.KeepAsBest();
            (_bestEpoch, _bestBound) = (epoch, validation);
        }
        var record = new EpochRecord(_stage.Kind, epoch, epoch, bound, bound, 0, validation, 1, 0, 0, _clock.Elapsed.TotalSeconds, _bestEpoch == epoch);
        _epochs.Add(record);
        return record;
    }

    private bool IsStale(int epoch) => _stage.Options.Patience > 0 && epoch - _bestEpoch >= _stage.Options.Patience;
}
