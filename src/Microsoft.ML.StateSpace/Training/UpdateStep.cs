using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>What one update did.</summary>
/// <param name="Steps">Observed steps of the batch.</param>
/// <param name="Bound">The objective in the data's units, nats per observed step, penalties apart.</param>
/// <param name="LogLikelihood">Its reconstruction term in the data's units, nats.</param>
/// <param name="Kl">Its KL term at weight 1, nats.</param>
/// <param name="GradientNorm">Global norm of the loss's gradient before clipping.</param>
/// <param name="KlWeight">The KL weight.</param>
/// <param name="LearningRate">The learning rate.</param>
internal sealed record UpdateResult(double Steps, double Bound, double LogLikelihood, double Kl, double GradientNorm,
    double KlWeight, double LearningRate);

/// <summary>Moves a stage's parameters along the gradient of a batch's loss: −bound per observed step, plus penalties.</summary>
internal sealed class UpdateStep : IDisposable, ICheckpointed
{
    private readonly Stage _stage;
    private readonly TrainingOptions _options;
    private readonly LearningRateSchedule _rates;
    private readonly Device _device;
    private readonly Generator _noise;
    private readonly optim.Optimizer _optimizer;
    private ModelState? _carried;

    public UpdateStep(Stage stage, Device device)
    {
        _stage = stage;
        _options = stage.Options;
        _rates = _options.RateSchedule;
        _device = device;
        _noise = new Generator((ulong)(uint)_options.KnownSeed, device);
        _optimizer = _options.Optimizer.Create(stage.MovedByBound, _options.LearningRate);
    }

    /// <summary>Makes one update.</summary>
    /// <exception cref="NonFiniteBoundException">The bound or the gradient is not finite; the parameters are as before.</exception>
    public UpdateResult Run(TrainingBatch rows, SchedulePoint at)
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(rows.Rows, _device);
        double steps = batch.ObservedSteps.Sum();
        double klWeight = _stage.Bound.KlWeight(at);
        RateFactor = _rates.Factor(at);
        var terms = Evaluate(rows, batch, klWeight);
        var objective = terms.Objective.sum() / steps;
        double jacobian = _stage.LogJacobian(batch);
        double bound = objective.item<float>() + jacobian / steps;
        if (!double.IsFinite(bound))
            throw Failure("bound", at, Culprit.Find(terms.Objective, batch, rows));
        _optimizer.zero_grad();
        var average = _stage.Bound.Average(terms.Objective, batch);
        var loss = _stage.Penalties.Sum() is { } penalty ? penalty - average : -average;
        loss.backward();
        double norm = nn.utils.clip_grad_norm_(_stage.MovedByBound, _options.GradientClipNorm);
        if (!double.IsFinite(norm))
            throw Failure("gradient", at, Culprit.FindByGradient(_stage, rows, klWeight, _device));
        double rate = SetLearningRate(at);
        _optimizer.step();
        return new UpdateResult(steps, bound, terms.LogLikelihood.sum().item<float>() + jacobian, terms.Kl.sum().item<float>(), norm, klWeight, rate);
    }

    /// <summary>Moves the carried state through a window in which nothing is observed: there is no bound to raise.</summary>
    public void Pass(TrainingBatch rows)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(rows.Rows, _device);
        Evaluate(rows, batch, klWeight: 1);
    }

    /// <summary>The share of the learning rate that the schedule leaves at the present update.</summary>
    public double RateFactor { get; private set; } = 1;

    public void Save(CheckpointTensors tensors)
    {
        tensors.Add("noise", _noise.get_state());
        Memory().Save(tensors.In("optimizer"));
        if (_carried is null)
            return;
        var carried = tensors.In("carried");
        carried.Add("latent", _carried.Latent);
        if (_carried.Observation is not null)
            carried.Add("observation", _carried.Observation);
        for (int i = 0; i < _carried.Path.Count; i++)
            carried.Add($"path{i}", _carried.Path[i]);
    }

    public void Load(CheckpointTensors tensors)
    {
        using var state = _noise.get_state();
        _noise.set_state(tensors.Take("noise", state));
        Memory().Load(tensors.In("optimizer"));
        var carried = tensors.In("carried");
        if (!carried.Has("latent"))
            return;
        var path = Enumerable.Range(0, int.MaxValue).Select(i => $"path{i}").TakeWhile(carried.Has).Select(name => carried.Take(name));
        _carried = new ModelState(carried.Take("latent"), carried.Has("observation") ? carried.Take("observation") : null, [.. path])
            .Map(part => part.to(_device, copy: true).DetachFromDisposeScope());
    }

    public void Dispose()
    {
        _carried?.Map(Disposed);
        _optimizer.Dispose();
        _noise.Dispose();
    }

    private OptimizerMemory Memory() => new(_optimizer, _stage.MovedByBound);

    // A window goes on from the state that the one before ended in, cut from its gradient.
    private BoundTerms Evaluate(TrainingBatch rows, SequenceBatch batch, double klWeight)
    {
        var start = rows.Window == 0 ? null : _carried?.Rows(batch.Count);
        ModelState? end = null;
        var terms = _stage.Evaluate(batch, _noise, klWeight, start, rows.IsLast ? null : state => end = state.Map(Kept));
        _carried?.Map(Disposed);
        _carried = end;
        return terms;
    }

    private static Tensor Kept(Tensor part) => part.detach().clone().DetachFromDisposeScope();

    private static Tensor Disposed(Tensor part)
    {
        part.Dispose();
        return part;
    }

    private double SetLearningRate(SchedulePoint at)
    {
        double rate = _options.LearningRate * RateFactor;
        foreach (var group in _optimizer.ParamGroups)
            group.LearningRate = rate;
        return rate;
    }

    private NonFiniteBoundException Failure(string quantity, SchedulePoint at, string? sequence) =>
        new(quantity, _stage.Kind, at.Epoch, at.Batch + 1, sequence);
}
