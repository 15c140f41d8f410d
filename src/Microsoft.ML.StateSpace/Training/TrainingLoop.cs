using System.Diagnostics;
using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Maximises a stage's bound by stochastic gradients: Adam, global-norm clipping, batches of like lengths,
/// validation every epoch, the best model kept.</summary>
internal sealed class TrainingLoop : IDisposable
{
    private readonly Stage _stage;
    private readonly TrainingOptions _options;
    private readonly IReadOnlyList<Sequence> _train;
    private readonly Device _device;
    private readonly ITrainingObserver? _observer;
    private readonly CancellationToken _cancellation;
    private readonly Validation _validation;
    private readonly Random _order;
    private readonly Generator _noise;
    private readonly AdamW _optimizer;
    private readonly WeightSnapshots _weights;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<EpochRecord> _epochs = [];
    private long _updates;
    private int _bestEpoch;
    private double _bestBound = double.NegativeInfinity;

    public TrainingLoop(Stage stage, IReadOnlyList<Sequence> train, IReadOnlyList<Sequence> validation, Device device,
        ITrainingObserver? observer, CancellationToken cancellation)
    {
        _stage = stage;
        _options = stage.Options;
        _train = train;
        _device = device;
        _observer = observer;
        _cancellation = cancellation;
        _validation = new Validation(validation, _options.BatchSize * 4, device, _options.Seed);
        _order = new Random(_options.Seed);
        _noise = new Generator((ulong)(uint)_options.Seed, device);
        _optimizer = optim.AdamW(stage.Parameters, _options.LearningRate, _options.Beta1, _options.Beta2,
            weight_decay: _options.WeightDecay);
        _weights = new WeightSnapshots(stage.Parameters, _options.WeightAveraging);
    }

    /// <summary>Trains to the end of the schedule or to a reason to stop; leaves the best weights in the networks.</summary>
    /// <exception cref="NonFiniteBoundException">A bound or gradient is not finite.</exception>
    public TrainingHistory Run()
    {
        using var frozen = _stage.Freeze();
        _stage.SetTraining(true);
        StopReason? stop = null;
        for (int epoch = 1; stop is null && epoch <= _options.Epochs; epoch++)
        {
            SetLearningRate(epoch);
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
        _optimizer.Dispose();
        _noise.Dispose();
    }

    private StopReason? Train(int epoch, EpochSums sums)
    {
        var plan = BatchPlan.Shuffled(_train, _options.BatchSize, _order);
        for (int i = 0; i < plan.Count; i++)
        {
            double bound = Update(epoch, i + 1, plan[i], sums);
            var progress = new TrainingProgress(_stage.Kind, epoch, _options.Epochs, i + 1, plan.Count, bound, _clock.Elapsed, _options.MaxTime);
            if (!(_observer?.OnUpdate(progress) ?? true))
                return StopReason.Observer;
            if (_cancellation.IsCancellationRequested)
                return StopReason.Cancelled;
            if (_clock.Elapsed >= _options.MaxTime)
                return StopReason.TimeLimit;
        }
        return null;
    }

    private double Update(int epoch, int batchNumber, int[] places, EpochSums sums)
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create([.. places.Select(i => _train[i])], _device);
        double steps = batch.ObservedSteps.Sum();
        double klWeight = _stage.Bound.KlWeight(_updates);
        var terms = _stage.Evaluate(batch, _noise, klWeight);
        var objective = terms.Objective.sum() / steps;
        double bound = objective.item<float>();
        if (!double.IsFinite(bound))
            throw new NonFiniteBoundException("bound", _stage.Kind, epoch, batchNumber, Culprit.Find(terms.Objective, batch, places, _train));
        _optimizer.zero_grad();
        (-_stage.Bound.Average(terms.Objective, batch)).backward();
        double norm = nn.utils.clip_grad_norm_(_stage.Parameters, _options.GradientClipNorm);
        if (!double.IsFinite(norm))
            throw new NonFiniteBoundException("gradient", _stage.Kind, epoch, batchNumber, null);
        _optimizer.step();
        _weights.Update();
        _updates++;
        sums.Add(steps, bound, terms.LogLikelihood.sum().item<float>(), terms.Kl.sum().item<float>(), norm, klWeight);
        return bound;
    }

    private EpochRecord Finish(int epoch, EpochSums sums)
    {
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
        var record = sums.Record(_stage.Kind, epoch, _updates, validation, LearningRate(epoch), _clock.Elapsed.TotalSeconds, _bestEpoch == epoch);
        _epochs.Add(record);
        return record;
    }

    // While the KL is phased in the validated bound is not what is trained, so that patience begins afterwards.
    private bool IsStale(int epoch)
    {
        if (_options.Patience == 0 || _updates < _stage.Bound.KlWarmUpUpdates)
            return false;
        int firstFull = _epochs.FindIndex(e => e.Updates >= _stage.Bound.KlWarmUpUpdates) + 1;
        return epoch - Math.Max(_bestEpoch, firstFull) >= _options.Patience;
    }

    private double LearningRate(int epoch)
    {
        double done = _options.Epochs == 1 ? 0 : (epoch - 1.0) / (_options.Epochs - 1);
        double ratio = _options.FinalLearningRateRatio;
        return _options.LearningRate * (ratio + (1 - ratio) * 0.5 * (1 + Math.Cos(Math.PI * done)));
    }

    private void SetLearningRate(int epoch)
    {
        foreach (var group in _optimizer.ParamGroups)
            group.LearningRate = LearningRate(epoch);
    }

    private sealed class EpochSums
    {
        private double _steps, _bound, _fit, _kl, _norm, _klWeight;
        private int _batches;

        public void Add(double steps, double boundPerStep, double fit, double kl, double norm, double klWeight)
        {
            _steps += steps;
            _bound += boundPerStep * steps;
            _fit += fit;
            _kl += kl;
            _norm += norm;
            _klWeight = klWeight;
            _batches++;
        }

        public EpochRecord Record(TrainingStage stage, int epoch, long updates, double validation, double learningRate,
            double seconds, bool best) =>
            new(stage, epoch, updates, _bound / _steps, _fit / _steps, _kl / _steps, validation, _klWeight, learningRate,
                _norm / _batches, seconds, best);
    }
}
