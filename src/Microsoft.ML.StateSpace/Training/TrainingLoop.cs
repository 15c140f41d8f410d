using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Maximises a stage's bound by stochastic gradients: an update per batch of like lengths, validation every
/// epoch, the best model kept.</summary>
internal sealed class TrainingLoop : IDisposable
{
    /// <summary>Updates that are reported together where a device would have to be waited for.</summary>
    internal const int ReadEvery = 16;

    private readonly Stage _stage;
    private readonly TrainingOptions _options;
    private readonly ITrainingObserver? _observer;
    private readonly CancellationToken _cancellation;
    private readonly TrainingCheckpoints.StageCheckpoints? _checkpoints;
    private readonly ResidentSequences? _resident;
    private readonly Validation _validation;
    private readonly IEpochs _plan;
    private readonly UpdateStep _step;
    private readonly WeightSnapshots _weights;
    private readonly WorkerTeam _team;
    private readonly StageProgress _at;
    private readonly List<(PendingUpdate Update, TrainingProgress Progress)> _unread = [];
    private readonly int _readEvery;

    /// <param name="stage">What is trained.</param>
    /// <param name="train">The sequences.</param>
    /// <param name="validation">Those that no update sees.</param>
    /// <param name="device">Where.</param>
    /// <param name="observer">Watches; null: nobody does.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="checkpoints">Keeps its state; null: nobody does.</param>
    /// <param name="readEvery">After how many updates their numbers are read, for which a device has to be waited for; null: after each on a
    /// CPU, elsewhere after <see cref="ReadEvery"/>, and where nobody watches after an epoch.</param>
    /// <param name="resident">Whether the sequences stay on the device; null: on any but a CPU.</param>
    public TrainingLoop(Stage stage, TrainingSet train, IReadOnlyList<Sequence> validation, Device device, ITrainingObserver? observer,
        CancellationToken cancellation, TrainingCheckpoints.StageCheckpoints? checkpoints = null, int? readEvery = null, bool? resident = null)
    {
        _readEvery = readEvery ?? (device.IsHost() ? 1 : observer is null && checkpoints is null ? int.MaxValue : ReadEvery);
        _stage = stage;
        _options = stage.Options;
        _observer = observer;
        _cancellation = cancellation;
        _checkpoints = checkpoints;
        _resident = resident ?? !device.IsHost() ? ResidentSequences.Keep([.. train.Held ?? [], .. validation], device) : null;
        _validation = new Validation(validation, _options.BatchSize * 4, device, _options.KnownSeed, _resident);
        _plan = train.Plan(_options);
        _team = new WorkerTeam(_options.Workers);
        _step = new UpdateStep(stage, _team, device, _resident, defers: _readEvery > 1);
        _weights = new WeightSnapshots(stage.Parameters, _options.WeightAveraging);
        _at = checkpoints?.Resumed ?? new StageProgress();
    }

    /// <summary>A loop over sequences in memory.</summary>
    public TrainingLoop(Stage stage, IReadOnlyList<Sequence> train, IReadOnlyList<Sequence> validation, Device device,
        ITrainingObserver? observer, CancellationToken cancellation)
        : this(stage, TrainingSet.Of(train), validation, device, observer, cancellation)
    {
    }

    /// <summary>Trains to the end of the schedule or to a reason to stop; leaves the best weights in the networks.</summary>
    /// <exception cref="NonFiniteBoundException">A bound or gradient is not finite.</exception>
    /// <exception cref="InvalidDataException">The checkpoint to go on from does not fit.</exception>
    public TrainingHistory Run()
    {
        using var frozen = _stage.Freeze();
        _stage.SetTraining(true);
        using var learning = _stage.Inference.BeginLearning(() => _step.RateFactor);
        _checkpoints?.Begin(_at, Parts(learning));
        StopReason? stop = IsStale() ? StopReason.EarlyStopping : null;
        if (stop is null && _at.EpochsDone < _options.Epochs && _checkpoints?.Resumed is not null && _at.Elapsed >= _options.MaxTime)
            stop = EndEpoch(StopReason.TimeLimit);
        while (stop is null && _at.EpochsDone < _options.Epochs)
            stop = EndEpoch(Train(_at.EpochsDone + 1));
        // The next update would have told, but there was none: weights without a finite bound are no model.
        if (_validation.Fault is { } fault && !double.IsFinite(_at.BestBound))
            throw new NonFiniteBoundException("validation bound", _stage.Kind, _at.Epochs.Count, fault.Batch, fault.Sequence);
        _weights.RestoreBest();
        _stage.SetTraining(false);
        return new TrainingHistory(_at.Epochs, _at.BestEpoch, _at.BestBound, stop ?? StopReason.EpochsDone);
    }

    public void Dispose()
    {
        foreach (var (update, _) in _unread)
            update.Dispose();
        _weights.Dispose();
        _step.Dispose();
        _team.Dispose();
        _resident?.Dispose();
        (_stage.State as IDisposable)?.Dispose();
    }

    // What later updates depend on, beside the weights.
    private IEnumerable<(string, ICheckpointed)> Parts(IDisposable? learning)
    {
        yield return ("snapshots", _weights);
        yield return ("updates", _step);
        if (_stage.State is not null)
            yield return ("bound", new BoundNumbers(_stage.State));
        if (learning is not null)
            yield return ("learning", learning is StepwiseLearning stepwise ? new OptimizerMemory(stepwise.Optimizer, stepwise.Parameters)
                : throw new NotSupportedException($"A checkpoint cannot hold what {_stage.Inference.GetType().Name} learns by; train without CheckpointPath."));
    }

    private StopReason? Train(int epoch)
    {
        var plan = _plan.Epoch(epoch);
        int place = 0;
        foreach (var batch in plan.Batches)
        {
            // A checkpoint may have been written in the midst of an epoch.
            if (place++ < _at.BatchesDone)
                continue;
            if (!batch.IsObserved)
            {
                _step.Pass(batch);
                _at.BatchesDone = place;
                continue;
            }
            int batches = Math.Max(plan.Count, place);
            var update = _step.Run(batch, new SchedulePoint(_at.Updates, epoch, _options.Epochs, place - 1, batches));
            _weights.Update(_team);
            _at.Updates++;
            _at.BatchesDone = place;
            _unread.Add((update, new TrainingProgress(_stage.Kind, epoch, _options.Epochs, place, batches, double.NaN, _at.Elapsed, _options.MaxTime)));
            bool isCancelled = _cancellation.IsCancellationRequested, isLate = _at.Elapsed >= _options.MaxTime;
            if (_unread.Count < _readEvery && !isCancelled && !isLate)
                continue;
            if ((Report() ?? (isCancelled ? StopReason.Cancelled : isLate ? StopReason.TimeLimit : null)) is { } stop)
                return stop;
            _checkpoints?.UpdateDone(_at);
        }
        return Report();
    }

    // Reads what the updates since the last time did, and tells the observer of each; why it wants to stop, or null.
    private StopReason? Report()
    {
        if (_unread.Count == 0)
            return null;
        StopReason? stop = null;
        foreach (var (result, (_, progress)) in _step.Read([.. _unread.Select(u => u.Update)]).Zip(_unread))
        {
            _at.Sums.Add(result);
            if (!(_observer?.OnUpdate(progress with { TrainBound = result.Bound, Elapsed = _at.Elapsed }) ?? true))
                stop ??= StopReason.Observer;
        }
        foreach (var (update, _) in _unread)
            update.Dispose();
        _unread.Clear();
        return stop;
    }

    // An epoch that was stopped half-way is validated as it is, but a training that goes on from here goes on within it.
    private StopReason? EndEpoch(StopReason? stop)
    {
        bool isWhole = stop is null;
        if (!isWhole)
            _checkpoints?.Save(_at);
        if (_at.Sums.Updates == 0)
            return stop ?? throw new InvalidOperationException($"Epoch {_at.EpochsDone + 1} had no sequence to train on; the data changed while the model was trained.");
        var record = Validate(_at.EpochsDone + 1);
        if (!(_observer?.OnEpoch(record) ?? true))
            stop ??= StopReason.Observer;
        stop ??= IsStale() ? StopReason.EarlyStopping : null;
        if (isWhole)
            _checkpoints?.EpochDone(_at, isLast: stop is not null || _at.EpochsDone == _options.Epochs);
        return stop;
    }

    private EpochRecord Validate(int epoch)
    {
        var next = new SchedulePoint(_at.Updates, epoch + 1, _options.Epochs, 0, _at.Sums.Updates);
        if (_at.FirstFullEpoch == 0 && _stage.Bound.KlWeight(next) >= 1)
            _at.FirstFullEpoch = epoch;
        double validation;
        using (_weights.UseMean())
        {
            validation = _validation.Evaluate(_stage);
            if (_at.IsBest(epoch, validation))
                _weights.KeepAsBest();
        }
        var record = _at.Sums.Record(_stage.Kind, epoch, _at.Updates, validation, _at.Seconds, _at.BestEpoch == epoch);
        _at.Finish(record);
        return record;
    }

    // While the KL is phased in the validated bound is not what is trained, so that patience begins afterwards.
    private bool IsStale() => _options.Patience > 0 && _at.FirstFullEpoch > 0
        && _at.EpochsDone - Math.Max(_at.BestEpoch, _at.FirstFullEpoch) >= _options.Patience;
}
