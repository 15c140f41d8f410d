using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Maximises a linear-Gaussian model's likelihood by expectation and maximisation: one pass over the data and one
/// closed-form step an epoch, in float64; validation every epoch, the best model kept.</summary>
internal sealed class ClosedFormTraining : IDisposable, ICheckpointed
{
    private readonly Stage _stage;
    private readonly ExpectationMaximization _bound;
    private readonly LinearGaussianModule _model;
    private readonly IEpochs _plan;
    private readonly Device _device;
    private readonly ITrainingObserver? _observer;
    private readonly CancellationToken _cancellation;
    private readonly TrainingCheckpoints.StageCheckpoints? _checkpoints;
    private readonly Validation _validation;
    private readonly WeightSnapshots _weights;
    private readonly ExpectationMaximizationOptions _step;
    private readonly StageProgress _at;
    private LinearGaussianParameters _parameters;

    /// <summary>The stage's bound is <see cref="ExpectationMaximization"/> and its model linear-Gaussian.</summary>
    public ClosedFormTraining(Stage stage, TrainingSet train, IReadOnlyList<Sequence> validation, Device device,
        ITrainingObserver? observer, CancellationToken cancellation, TrainingCheckpoints.StageCheckpoints? checkpoints)
    {
        _stage = stage;
        _bound = (ExpectationMaximization)stage.Bound;
        _model = (LinearGaussianModule)stage.Generative;
        _plan = train.Plan(stage.Options);
        _device = device;
        _observer = observer;
        _cancellation = cancellation;
        _checkpoints = checkpoints;
        _validation = new Validation(validation, stage.Options.BatchSize * 4, device, stage.Options.KnownSeed);
        _weights = new WeightSnapshots(stage.Parameters, 0);
        _step = new ExpectationMaximizationOptions
        {
            DiagonalInitialCovariance = _model.HasDiagonalCovariances,
            DiagonalTransitionCovariance = _model.HasDiagonalCovariances,
            LeastVariance = _bound.LeastVariance,
        };
        _at = checkpoints?.Resumed ?? new StageProgress();
        using var scope = NewDisposeScope();
        _parameters = _model.Parameters().To(ScalarType.Float64).Map(Kept);
    }

    /// <summary>Trains to the end of the schedule or to a reason to stop; leaves the best weights in the model.</summary>
    /// <exception cref="NonFiniteBoundException">A likelihood is not finite.</exception>
    /// <exception cref="InvalidDataException">The checkpoint to go on from does not fit.</exception>
    public TrainingHistory Run()
    {
        using var guard = no_grad();
        _checkpoints?.Begin(_at, ("snapshots", _weights), ("parameters", this));
        StopReason? stop = IsDone() ? StopReason.EarlyStopping
            : _checkpoints?.Resumed is not null && _at.Elapsed >= _stage.Options.MaxTime ? StopReason.TimeLimit : null;
        while (stop is null && _at.EpochsDone < _stage.Options.Epochs)
            stop = RunEpoch(_at.EpochsDone + 1);
        if (_validation.Fault is { } fault && !double.IsFinite(_at.BestBound))
            throw new NonFiniteBoundException("validation bound", _stage.Kind, _at.Epochs.Count, fault.Batch, fault.Sequence);
        _weights.RestoreBest();
        _stage.SetTraining(false);
        return new TrainingHistory(_at.Epochs, _at.BestEpoch, _at.BestBound, stop ?? StopReason.EpochsDone);
    }

    public void Save(CheckpointTensors tensors)
    {
        foreach (var (name, value) in _parameters.Named())
            tensors.Add(name, value);
    }

    public void Load(CheckpointTensors tensors)
    {
        foreach (var (name, value) in _parameters.Named())
            tensors.CopyInto(name, value);
    }

    public void Dispose()
    {
        _weights.Dispose();
        Release(_parameters);
    }

    private StopReason? RunEpoch(int epoch)
    {
        using var scope = NewDisposeScope();
        var (statistics, bound, stop) = Expect(epoch);
        bool isWhole = stop is null;
        // A pass that was stopped half-way has seen part of the data: no maximum is taken from it.
        if (isWhole)
            Maximize(statistics);
        else
            _checkpoints?.Save(_at);
        var record = Finish(epoch, bound);
        if (!(_observer?.OnEpoch(record) ?? true))
            stop ??= StopReason.Observer;
        stop ??= IsDone() ? StopReason.EarlyStopping : null;
        if (isWhole)
            _checkpoints?.EpochDone(_at, isLast: stop is not null || epoch == _stage.Options.Epochs);
        return stop;
    }

    // The bound is log p(x) in the data's units, in nats per observed step.
    private (LinearGaussianStatistics Statistics, double Bound, StopReason? Stop) Expect(int epoch)
    {
        LinearGaussianStatistics? sum = null;
        double steps = 0, jacobians = 0;
        StopReason? stop = null;
        var pass = _plan.Pass();
        int place = 0;
        foreach (var rows in pass.Batches)
        {
            using var scope = NewDisposeScope();
            using var batch = SequenceBatch.Create(rows.Rows, _device, ScalarType.Float64);
            var controls = _parameters.Control is null ? null : batch.Inputs(new PackedRange(0, batch.PackedSteps)).Controls;
            var statistics = LinearGaussianStatistics.Of(_parameters, batch, controls);
            double inBatch = batch.ObservedSteps.Sum(), jacobian = _stage.LogJacobian(batch);
            double bound = (statistics.LogLikelihood.item<double>() + jacobian) / inBatch;
            if (!double.IsFinite(bound))
                throw new NonFiniteBoundException("likelihood", _stage.Kind, epoch, place + 1, null);
            sum = (sum is null ? statistics : sum + statistics).MoveToOuterDisposeScope();
            steps += inBatch;
            jacobians += jacobian;
            var progress = new TrainingProgress(_stage.Kind, epoch, _stage.Options.Epochs, ++place, pass.Count, bound, _at.Elapsed, _stage.Options.MaxTime);
            stop = !(_observer?.OnUpdate(progress) ?? true) ? StopReason.Observer
                : _cancellation.IsCancellationRequested ? StopReason.Cancelled
                : _at.Elapsed >= _stage.Options.MaxTime ? StopReason.TimeLimit : null;
            if (stop is not null)
                break;
        }
        return (sum!, (sum!.LogLikelihood.item<double>() + jacobians) / steps, stop);
    }

    private void Maximize(LinearGaussianStatistics statistics)
    {
        var next = ExpectationMaximizationStep.Maximize(_parameters, statistics, _step).Map(Kept);
        _model.Set(next);
        Release(_parameters);
        _parameters = next;
    }

    // The training bound is that of the parameters before the step, which the pass over the data gives for nothing.
    private EpochRecord Finish(int epoch, double bound)
    {
        double validation = _validation.Evaluate(_stage);
        bool isBest = _at.IsBest(epoch, validation);
        if (isBest)
            _weights.KeepAsBest();
        var record = new EpochRecord(_stage.Kind, epoch, epoch, bound, bound, 0, validation, 1, 0, 0, _at.Seconds, isBest);
        _at.Finish(record);
        return record;
    }

    // No better model for a while, or a likelihood that does not rise any more.
    private bool IsDone() => (_stage.Options.Patience > 0 && _at.EpochsDone - _at.BestEpoch >= _stage.Options.Patience)
        || (_at.Epochs is [.., var before, var last] && last.TrainBound - before.TrainBound < _bound.Tolerance);

    // The layout in memory is the same whether a step or a checkpoint gave the values.
    private static Tensor Kept(Tensor part) => part.contiguous().clone().DetachFromDisposeScope();

    private static void Release(LinearGaussianParameters parameters)
    {
        foreach (var (_, value) in parameters.Named())
            value.Dispose();
    }
}
