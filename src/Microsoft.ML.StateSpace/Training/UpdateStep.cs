using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
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

/// <summary>Moves a stage's parameters along the gradient of a batch's loss: −bound per observed step, plus penalties. The sequences are
/// dealt among the workers; their gradients are added in order, so that two runs agree to the bit.</summary>
internal sealed class UpdateStep : IDisposable, ICheckpointed
{
    private readonly Stage _stage;
    private readonly TrainingOptions _options;
    private readonly LearningRateSchedule _rates;
    private readonly Device _device;
    private readonly UpdateShare[] _shares;
    private readonly ParameterShare[] _parameters;
    private readonly WorkerTeam _team;
    private readonly bool _defers;

    /// <param name="stage">What is trained.</param>
    /// <param name="team">Who shares the work; not disposed with this.</param>
    /// <param name="device">Where.</param>
    /// <param name="resident">The sequences that lie on the device already; null: none.</param>
    /// <param name="defers">Whether updates do not wait for their own numbers: one that is not finite is found when they are read, and moves
    /// the parameters until then by what the optimiser remembers alone.</param>
    public UpdateStep(Stage stage, WorkerTeam team, Device device, ResidentSequences? resident = null, bool defers = false)
    {
        _defers = defers;
        _stage = stage;
        _options = stage.Options;
        _rates = _options.RateSchedule;
        _device = device;
        _shares = [.. Enumerable.Range(0, _options.Workers)
            .Select(i => new UpdateShare(stage, SeedOf(_options.KnownSeed, i), device, penalised: i == 0, resident))];
        _parameters = ParameterShare.Deal(stage.MovedByBound, team, _options.Optimizer, _options.LearningRate);
        _team = team;
    }

    /// <summary>Makes one update; the caller disposes of what is returned.</summary>
    /// <exception cref="NonFiniteBoundException">The bound or the gradient is not finite; the parameters are as before. Thrown by
    /// <see cref="Read"/> where updates do not wait.</exception>
    public PendingUpdate Run(TrainingBatch rows, SchedulePoint at)
    {
        using var scope = NewDisposeScope();
        RateFactor = _rates.Factor(at);
        var of = new UpdateScope(rows.Rows.Sum(r => (double)r.ObservedSteps), rows.Rows.Count, _stage.Bound.KlWeight(at));
        var results = OnEveryShare(rows, (share, own) => share.Run(own, of));
        _team.Together(_parameters, share => share.Gather(results));
        foreach (var result in results)
            result.DisposeGradients();
        var norm = GradientScale.Norm(_stage.MovedByBound, _device).DetachFromDisposeScope();
        var update = new PendingUpdate(rows, of, at, results, norm) { LearningRate = _options.LearningRate * RateFactor };
        var scale = _defers ? new GradientScale(_options.GradientClipNorm, norm, update.IsFinite())
            : new GradientScale(_options.GradientClipNorm, Read([update])[0].GradientNorm);
        _team.Together(_parameters, share => share.Move(update.LearningRate, scale));
        return update;
    }

    /// <summary>What updates did, in order; waits for the device once.</summary>
    /// <exception cref="NonFiniteBoundException">The bound or the gradient of one is not finite: of the first such.</exception>
    public UpdateResult[] Read(IReadOnlyList<PendingUpdate> updates)
    {
        UpdateResult[] results = [.. PendingUpdate.Numbers(updates).Zip(updates, (numbers, update) => update.Result(numbers))];
        foreach (var (update, result) in updates.Zip(results))
        {
            if (!double.IsFinite(result.Bound))
                throw Failure("bound", update.At, update.Shares.Select(s => Culprit.Find(s.Objectives, s.Order, s.Rows)).FirstOrDefault(name => name is not null));
            if (!double.IsFinite(result.GradientNorm))
                throw Failure("gradient", update.At, Culprit.FindByGradient(_stage, update.Rows, update.Of.KlWeight, _device));
        }
        return results;
    }

    /// <summary>Moves the carried state through a window in which nothing is observed: there is no bound to raise.</summary>
    public void Pass(TrainingBatch rows) => OnEveryShare(rows, (share, own) =>
    {
        share.Pass(own);
        return own;
    });

    /// <summary>The share of the learning rate that the schedule leaves at the present update.</summary>
    public double RateFactor { get; private set; } = 1;

    public void Save(CheckpointTensors tensors)
    {
        for (int i = 0; i < _shares.Length; i++)
            _shares[i].Save(OfShare(tensors, i));
        Memory().Save(tensors.In("optimizer"));
    }

    public void Load(CheckpointTensors tensors)
    {
        for (int i = 0; i < _shares.Length; i++)
            _shares[i].Load(OfShare(tensors, i));
        Memory().Load(tensors.In("optimizer"));
    }

    public void Dispose()
    {
        foreach (var share in _shares)
            share.Dispose();
        foreach (var share in _parameters)
            share.Dispose();
    }

    /// <summary>The seed of a share's draws. A generator on the CPU reads the lower 32 bits alone.</summary>
    internal static ulong SeedOf(int seed, int share) => share == 0 ? (uint)seed : (uint)RowNoise.Mix((uint)seed ^ RowNoise.Mix((ulong)share));

    private static CheckpointTensors OfShare(CheckpointTensors tensors, int share) => share == 0 ? tensors : tensors.In($"share{share}");

    private OptimizerMemory Memory() => new([.. _parameters.Select(share => (share.Optimizer, share.Places))], _stage.MovedByBound);

    private T[] OnEveryShare<T>(TrainingBatch rows, Func<UpdateShare, TrainingBatch, T> run)
    {
        var dealt = rows.Deal(_shares.Length);
        var results = new T[dealt.Length];
        _team.Together([.. Enumerable.Range(0, dealt.Length)], i => results[i] = run(_shares[i], dealt[i]));
        return results;
    }

    private NonFiniteBoundException Failure(string quantity, SchedulePoint at, string? sequence) =>
        new(quantity, _stage.Kind, at.Epoch, at.Batch + 1, sequence);
}
