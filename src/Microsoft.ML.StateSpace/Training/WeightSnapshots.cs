using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>The running mean of the weights, and the best weights seen.</summary>
internal sealed class WeightSnapshots : IDisposable, ICheckpointed
{
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly double _decay;
    private readonly Tensor[]? _mean;
    private readonly Tensor[] _live;
    private Tensor[]? _best;
    private long _updates;

    /// <param name="parameters">The weights.</param>
    /// <param name="decay">Decay per update of their running mean; 0 keeps none.</param>
    public WeightSnapshots(IReadOnlyList<Parameter> parameters, double decay)
    {
        _parameters = parameters;
        _decay = decay;
        _mean = decay > 0 ? Copy(parameters) : null;
        _live = Copy(parameters);
    }

    /// <summary>Takes an update's weights into the running mean.</summary>
    /// <param name="team">Shares the work.</param>
    public void Update(WorkerTeam team)
    {
        _updates++;
        if (_mean is null)
            return;
        // A young mean follows quickly: it must forget where the weights began.
        double decay = Math.Min(_decay, (1.0 + _updates) / (10.0 + _updates));
        team.Together(team.Deal(_mean, mean => mean.numel()), places =>
        {
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            foreach (int i in places)
                WholeTensors.Approach(_mean[i], _parameters[i], 1 - decay);
        });
    }

    /// <summary>Puts the mean in the weights' place until disposed.</summary>
    public IDisposable UseMean()
    {
        if (_mean is not null)
        {
            Assign(_live, _parameters);
            Assign(_parameters, _mean);
        }
        return new Restore(this);
    }

    /// <summary>Remembers the weights in place as the best.</summary>
    public void KeepAsBest()
    {
        if (_best is null)
            _best = Copy(_parameters);
        else
            Assign(_best, _parameters);
    }

    /// <summary>Puts the best weights in place for good.</summary>
    public void RestoreBest()
    {
        if (_best is not null)
            Assign(_parameters, _best);
    }

    public void Save(CheckpointTensors tensors)
    {
        tensors.Add("updates", tensor(_updates));
        Save(_mean, tensors.In("mean"));
        Save(_best, tensors.In("best"));
    }

    public void Load(CheckpointTensors tensors)
    {
        using var own = tensor(_updates);
        _updates = tensors.Take("updates", own).item<long>();
        Load(_mean, tensors.In("mean"));
        // The weights in place only lend their shapes.
        if (tensors.In("best").Has("0"))
            KeepAsBest();
        Load(_best, tensors.In("best"));
    }

    public void Dispose()
    {
        foreach (var tensor in _live.Concat(_mean ?? []).Concat(_best ?? []))
            tensor.Dispose();
    }

    private static void Save(Tensor[]? values, CheckpointTensors tensors)
    {
        for (int i = 0; i < values?.Length; i++)
            tensors.Add($"{i}", values[i]);
    }

    private static void Load(Tensor[]? values, CheckpointTensors tensors)
    {
        for (int i = 0; i < values?.Length; i++)
            tensors.CopyInto($"{i}", values[i]);
    }

    private static Tensor[] Copy(IReadOnlyList<Tensor> tensors) =>
        [.. tensors.Select(t => { using var detached = t.detach(); return detached.clone().DetachFromDisposeScope(); })];

    private static void Assign(IReadOnlyList<Tensor> target, IReadOnlyList<Tensor> source)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        for (int i = 0; i < target.Count; i++)
            target[i].copy_(source[i]);
    }

    private sealed class Restore(WeightSnapshots owner) : IDisposable
    {
        public void Dispose()
        {
            if (owner._mean is not null)
                Assign(owner._parameters, owner._live);
        }
    }
}
