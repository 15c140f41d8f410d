using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Modules = TorchSharp.Modules;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>What an optimiser remembers of its parameters, as a part of a checkpoint.</summary>
internal sealed class OptimizerMemory : ICheckpointed
{
    private readonly OptimizerHelper _optimizer;
    private readonly IReadOnlyList<Parameter> _parameters;

    /// <param name="optimizer">The optimiser.</param>
    /// <param name="parameters">Its parameters, in the order in which it was given them.</param>
    /// <exception cref="NotSupportedException">Its kind is unknown here.</exception>
    public OptimizerMemory(optim.Optimizer optimizer, IReadOnlyList<Parameter> parameters)
    {
        _optimizer = optimizer as OptimizerHelper ?? throw Unknown(optimizer);
        _parameters = parameters;
        _ = States();
    }

    public void Save(CheckpointTensors tensors)
    {
        var states = States();
        tensors.Add("steps", tensor([.. states.Select(s => s.Steps)]));
        tensors.Add("reached", tensor(Reached()));
        for (int i = 0; i < states.Count; i++)
            foreach (var slot in states[i].Slots)
                if (slot.Value is not null)
                    tensors.In($"{i}").Add(slot.Name, slot.Value);
    }

    public void Load(CheckpointTensors tensors)
    {
        var states = States();
        using var own = tensor([.. states.Select(s => s.Steps)]);
        long[] steps = [.. tensors.Take("steps", own).data<long>()];
        using var alike = tensor(Reached());
        long[] reached = [.. tensors.Take("reached", alike).data<long>()];
        for (int i = 0; i < states.Count; i++)
        {
            states[i].SetSteps(steps[i]);
            if (reached[i] != 0)
                Reach(_parameters[i]);
            foreach (var slot in states[i].Slots)
                Load(slot, _parameters[i], tensors.In($"{i}"));
        }
    }

    // Which parameters a gradient has reached: an optimiser moves them from then on, also by updates whose own gradient does not reach them.
    private long[] Reached() => [.. _parameters.Select(parameter =>
    {
        using var gradient = parameter.grad;
        return gradient is null ? 0L : 1L;
    })];

    private static void Reach(Parameter parameter)
    {
        using var scope = NewDisposeScope();
        if (parameter.grad is null)
            (parameter * 0).sum().backward();
    }

    // Momentum begins with the first step: where there is none yet, its tensor is made.
    private static void Load(Slot slot, Parameter parameter, CheckpointTensors tensors)
    {
        if (slot.Value is { } present)
            tensors.CopyInto(slot.Name, present);
        else if (tensors.Has(slot.Name))
            slot.Set(tensors.Take(slot.Name, parameter).to(parameter.device, copy: true).DetachFromDisposeScope());
    }

    private List<State> States() => [.. _optimizer.state_dict().State.Select(Of)];

    private State Of(OptimizerState state) => state switch
    {
        Modules.Adam.State s => new(s.step, v => s.step = v,
            [new("exp_avg", s.exp_avg, t => s.exp_avg = t), new("exp_avg_sq", s.exp_avg_sq, t => s.exp_avg_sq = t)]),
        Modules.AdamW.State s => new(s.step, v => s.step = v,
            [new("exp_avg", s.exp_avg, t => s.exp_avg = t), new("exp_avg_sq", s.exp_avg_sq, t => s.exp_avg_sq = t)]),
        Modules.RMSProp.State s => new(s.step, v => s.step = v,
            [new("square_avg", s.square_avg, t => s.square_avg = t), new("momentum_buffer", s.momentum_buffer, t => s.momentum_buffer = t),
                new("grad_avg", s.grad_avg, t => s.grad_avg = t)]),
        Modules.SGD.State s => new(0, _ => { }, [new("momentum_buffer", s.momentum_buffer, t => s.momentum_buffer = t)]),
        _ => throw Unknown(_optimizer),
    };

    private static NotSupportedException Unknown(optim.Optimizer optimizer) =>
        new($"A checkpoint cannot hold the state of {optimizer.GetType().Name}; train with Adam, AdamW, RmsProp or Sgd, or without CheckpointPath.");

    private sealed record State(long Steps, Action<long> SetSteps, Slot[] Slots);

    private sealed record Slot(string Name, Tensor? Value, Action<Tensor> Set);
}
