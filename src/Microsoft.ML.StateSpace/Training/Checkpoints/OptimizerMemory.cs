using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Modules = TorchSharp.Modules;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>What optimisers remember of a stage's parameters, as a part of a checkpoint.</summary>
internal sealed class OptimizerMemory : ICheckpointed
{
    private readonly IReadOnlyList<(optim.Optimizer Optimizer, IReadOnlyList<int> Places)> _optimizers;
    private readonly IReadOnlyList<Parameter> _parameters;

    /// <param name="optimizer">The only optimiser.</param>
    /// <param name="parameters">Its parameters, in the order in which it was given them.</param>
    /// <exception cref="NotSupportedException">Its kind is unknown here.</exception>
    public OptimizerMemory(optim.Optimizer optimizer, IReadOnlyList<Parameter> parameters)
        : this([(optimizer, [.. Enumerable.Range(0, parameters.Count)])], parameters)
    {
    }

    /// <param name="optimizers">Each with the places of its parameters among all, in the order in which it was given them.</param>
    /// <param name="parameters">All of them.</param>
    /// <exception cref="NotSupportedException">A kind is unknown here.</exception>
    public OptimizerMemory(IReadOnlyList<(optim.Optimizer Optimizer, IReadOnlyList<int> Places)> optimizers, IReadOnlyList<Parameter> parameters)
    {
        _optimizers = optimizers;
        _parameters = parameters;
        _ = States();
    }

    public void Save(CheckpointTensors tensors)
    {
        var states = States();
        tensors.Add("steps", tensor([.. states.Select(s => s.Steps)]));
        tensors.Add("reached", tensor(Reached()));
        for (int i = 0; i < states.Length; i++)
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
        for (int i = 0; i < states.Length; i++)
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

    // In the parameters' order, whichever optimiser has them.
    private State[] States()
    {
        var states = new State[_parameters.Count];
        foreach (var (optimizer, places) in _optimizers)
        {
            var helper = optimizer as OptimizerHelper ?? throw Unknown(optimizer);
            foreach (var (place, state) in places.Zip(helper.state_dict().State))
                states[place] = Of(state, helper);
        }
        return states;
    }

    private static State Of(OptimizerState state, OptimizerHelper optimizer) => state switch
    {
        Modules.Adam.State s => new(s.step, v => s.step = v,
            [new("exp_avg", s.exp_avg, t => s.exp_avg = t), new("exp_avg_sq", s.exp_avg_sq, t => s.exp_avg_sq = t)]),
        Modules.AdamW.State s => new(s.step, v => s.step = v,
            [new("exp_avg", s.exp_avg, t => s.exp_avg = t), new("exp_avg_sq", s.exp_avg_sq, t => s.exp_avg_sq = t)]),
        Modules.RMSProp.State s => new(s.step, v => s.step = v,
            [new("square_avg", s.square_avg, t => s.square_avg = t), new("momentum_buffer", s.momentum_buffer, t => s.momentum_buffer = t),
                new("grad_avg", s.grad_avg, t => s.grad_avg = t)]),
        Modules.SGD.State s => new(0, _ => { }, [new("momentum_buffer", s.momentum_buffer, t => s.momentum_buffer = t)]),
        _ => throw Unknown(optimizer),
    };

    private static NotSupportedException Unknown(optim.Optimizer optimizer) =>
        new($"A checkpoint cannot hold the state of {optimizer.GetType().Name}; train with Adam, AdamW, RmsProp or Sgd, or without CheckpointPath.");

    private sealed record State(long Steps, Action<long> SetSteps, Slot[] Slots);

    private sealed record Slot(string Name, Tensor? Value, Action<Tensor> Set);
}
