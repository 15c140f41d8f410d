using System.Diagnostics;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Maximises a stage's bound by stochastic gradients: an update per batch of like lengths, validation every
/// epoch, the best model kept.</summary>
internal sealed class TrainingLoop : IDisposable
{
    private readonly Stage _stage;
    private readonly TrainingOptions _options;
    private readonly IReadOnlyList<Sequence> _train;
    private readonly ITrainingObserver? _observer;
    private readonly CancellationToken _cancellation;
    private readonly Validation _validation;
    private readonly Random _order;
    private readonly EpochPlan _plan;
    private readonly UpdateStep _step;
    private readonly WeightSnapshots _weights;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<EpochRecord> _epochs = [];
    private long _updates;
    private int _bestEpoch;
    private int _firstFullEpoch;
    private double _bestBound = double.NegativeInfinity;

    public TrainingLoop(Stage stage, IReadOnlyList<Sequence> train, IReadOnlyList<Sequence> validation, Device device,
        ITrainingObserver? observer, CancellationToken cancellation)
    {
        _stage = stage;
        _options = stage.Options;
        _train = train;
        _observer = observer;
        _cancellation = cancellation;
        _validation = new Validation(validation, _options.BatchSize * 4, device, _options.KnownSeed);
        _order = new Random(_options.KnownSeed);
        _plan = new EpochPlan(train, _options);
        _step = new UpdateStep(stage, device);
        _weights = new WeightSnapshots(stage.Parameters, _options.WeightAveraging);
    }

    /// <summary>Trains to the end of the schedule or to a reason to stop; leaves the best weights in the networks.</summary>
    /// <exception cref="NonFiniteBoundException">A bound or gradient is not finite.</exception>
    public TrainingHistory Run()
    {
        using var frozen = _stage.Freeze();
        _stage.SetTraining(true);
        using var learning = _stage.Inference.BeginLearning(() => _step.RateFactor);
        StopReason? stop = null;
        for (int epoch = 1; stop is null && epoch <= _options.Epochs; epoch++)
        {
            var sums = new EpochSums();
            stop = Train(epoch, sums);
            var record = Finish(epoch, sums);
            if (!(_observer?.OnEpoch(record) ?? true))
                stop ??= StopReason.Observer;
            stop ??= IsStale(epoch) ? StopReason.EarlyStopping : null;
        }
        // The next update would have told, but there was none: weights without a finite bound are no model.
        if (_validation.Fault is { } fault && !double.IsFinite(_bestBound))
            throw new NonFiniteBoundException("validation bound", _stage.Kind, _epochs.Count, fault.Batch, fault.Sequence);
        _weights.RestoreBest();
        _stage.SetTraining(false);
        return new TrainingHistory(_epochs, _bestEpoch, _bestBound, stop ?? StopReason.EpochsDone);
    }

    public void Dispose()
    {
        _weights.Dispose();
        _step.Dispose();
    }

    private StopReason? Train(int epoch, EpochSums sums)
    {
        var plan = _plan.Next(_order);
        for (int i = 0; i < plan.Count; i++)
        {
            if (!plan[i].IsObserved)
            {
                _step.Pass(plan[i]);
                continue;
            }
            var update = _step.Run(plan[i], new SchedulePoint(_updates, epoch, _options.Epochs, i, plan.Count), _train);
            _weights.Update();
            _updates++;
            sums.Add(update);
            var progress = new TrainingProgress(_stage.Kind, epoch, _options.Epochs, i + 1, plan.Count, update.Bound, _clock.Elapsed, _options.MaxTime);
            if (!(_observer?.OnUpdate(progress) ?? true))
                return StopReason.Observer;
            if (_cancellation.IsCancellationRequested)
                return StopReason.Cancelled;
            if (_clock.Elapsed >= _options.MaxTime)
                return StopReason.TimeLimit;
        }
        return null;
    }

    private EpochRecord Finish(int epoch, EpochSums sums)
    {
        var next = new SchedulePoint(_updates, epoch + 1, _options.Epochs, 0, sums.Updates);
        if (_firstFullEpoch == 0 && _stage.Bound.KlWeight(next) >= 1)
            _firstFullEpoch = epoch;
        double validation;
        using (_weights.UseMean())
        {
            validation = _validation.Evaluate(_stage);
            if (validation > _bestBound || !double.IsFinite(_bestBound))
            {
                _weights.KeepAsBest();
                (_bestEpoch, _bestBound) = (epoch, validation);
            }
        }
        var record = sums.Record(_stage.Kind, epoch, _updates, validation, _clock.Elapsed.TotalSeconds, _bestEpoch == epoch);
        _epochs.Add(record);
        return record;
    }

    // While the KL is phased in the validated bound is not what is trained, so that patience begins afterwards.
    private bool IsStale(int epoch) =>
        _options.Patience > 0 && _firstFullEpoch > 0 && epoch - Math.Max(_bestEpoch, _firstFullEpoch) >= _options.Patience;
}
