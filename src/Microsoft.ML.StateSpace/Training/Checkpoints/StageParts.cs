using Microsoft.ML.StateSpace.Bounds;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Every weight and buffer of a model, as a part of a checkpoint.</summary>
internal sealed class NetworkWeights(nn.Module networks) : ICheckpointed
{
    public void Save(CheckpointTensors tensors)
    {
        foreach (var (name, value) in networks.state_dict())
            tensors.Add(name, value);
    }

    public void Load(CheckpointTensors tensors)
    {
        foreach (var (name, value) in networks.state_dict())
            tensors.CopyInto(name, value);
    }
}

/// <summary>What a bound keeps from update to update, as a part of a checkpoint.</summary>
internal sealed class BoundNumbers(BoundState state) : ICheckpointed
{
    private const string Name = "numbers";

    public void Save(CheckpointTensors tensors) => tensors.Add(Name, tensor(state.Save()));

    public void Load(CheckpointTensors tensors)
    {
        using var own = tensor(state.Save());
        state.Restore([.. tensors.Take(Name, own).data<double>()]);
    }
}
