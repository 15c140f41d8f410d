using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>What the shares of one update have in common.</summary>
/// <param name="Steps">Observed steps of all of them.</param>
/// <param name="Rows">Sequences of all of them.</param>
/// <param name="KlWeight">The KL weight.</param>
internal sealed record UpdateScope(double Steps, int Rows, double KlWeight);

/// <summary>What a share of an update gave; its gradients are its own.</summary>
/// <param name="Numbers">On the device: the share's part of the objective, of its reconstruction terms, and of its KL terms at weight 1, [3] in nats.</param>
/// <param name="Objectives">On the device: the sequences' parts of the objective, [B] in the order of <paramref name="Order"/>.</param>
/// <param name="Order">For each of them its place in <paramref name="Rows"/>.</param>
/// <param name="Rows">The share.</param>
/// <param name="LogJacobian">What the bounds grow by in the data's units, in nats.</param>
/// <param name="Gradients">Of the loss, one per parameter moved; null where it is not reached.</param>
internal sealed record ShareResult(Tensor Numbers, Tensor Objectives, IReadOnlyList<int> Order, TrainingBatch Rows, double LogJacobian,
    IReadOnlyList<Tensor?> Gradients) : IDisposable
{
    /// <summary>Gives the gradients back: they have been added to the parameters'.</summary>
    public void DisposeGradients()
    {
        foreach (var gradient in Gradients)
            gradient?.Dispose();
    }

    public void Dispose()
    {
        Numbers.Dispose();
        Objectives.Dispose();
    }
}

/// <summary>One thread's share of every update: the bounds and the gradient of some of the sequences, with draws of its own.</summary>
/// <remarks>Threads share the weights, which they only read: gradients go to whoever asked, not to the parameters.</remarks>
/// <param name="stage">What is trained.</param>
/// <param name="seed">Of the share's draws.</param>
/// <param name="device">Where the networks are.</param>
/// <param name="penalised">Whether the stage's penalties are part of this share's loss.</param>
/// <param name="resident">The sequences that lie on the device already; null: none.</param>
internal sealed class UpdateShare(Stage stage, ulong seed, Device device, bool penalised, ResidentSequences? resident) : ICheckpointed, IDisposable
{
    private readonly Generator _noise = new(seed, device);
    private ModelState? _carried;

    /// <summary>Takes the gradient of the share's loss: −bound per observed step of the update, plus penalties.</summary>
    public ShareResult Run(TrainingBatch rows, UpdateScope of)
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(rows.Rows, device, ScalarType.Float32, masked: false, resident);
        var terms = Evaluate(rows, batch, of.KlWeight);
        var numbers = stack([terms.Objective.sum().detach(), terms.LogLikelihood.sum().detach(), terms.Kl.sum().detach()], 0).DetachFromDisposeScope();
        var loss = -stage.Bound.Average(terms.Objective, batch, of.Steps, of.Rows);
        if (penalised && stage.Penalties.Sum() is { } penalty)
            loss = penalty + loss;
        Tensor[] parameters = [.. stage.MovedByBound];
        // What is not reached comes as a tensor without a handle.
        return new ShareResult(numbers, terms.Objective.detach().clone().DetachFromDisposeScope(), batch.Order, rows, stage.LogJacobian(batch),
            [.. autograd.grad([loss], parameters, allow_unused: true).Select(g => g.IsInvalid ? null : g.DetachFromDisposeScope())]);
    }

    /// <summary>Moves the carried state through a window in which nothing is observed: there is no bound to raise.</summary>
    public void Pass(TrainingBatch rows)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(rows.Rows, device, ScalarType.Float32, masked: false, resident);
        Evaluate(rows, batch, klWeight: 1);
    }

    public void Save(CheckpointTensors tensors)
    {
        tensors.Add("noise", _noise.get_state());
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
        var carried = tensors.In("carried");
        if (!carried.Has("latent"))
            return;
        var path = Enumerable.Range(0, int.MaxValue).Select(i => $"path{i}").TakeWhile(carried.Has).Select(name => carried.Take(name));
        _carried = new ModelState(carried.Take("latent"), carried.Has("observation") ? carried.Take("observation") : null, [.. path])
            .Map(part => part.to(device, copy: true).DetachFromDisposeScope());
    }

    public void Dispose()
    {
        _carried?.Map(Disposed);
        _noise.Dispose();
    }

    // A window goes on from the state that the one before ended in, cut from its gradient.
    private BoundTerms Evaluate(TrainingBatch rows, SequenceBatch batch, double klWeight)
    {
        var start = rows.Window == 0 ? null : _carried?.Rows(batch.Count);
        ModelState? end = null;
        var terms = stage.Evaluate(batch, _noise, klWeight, start, rows.IsLast ? null : state => end = state.Map(Kept));
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
}
