using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>The tensors of a checkpoint by name; each part of a training has its own prefix.</summary>
internal sealed class CheckpointTensors
{
    private readonly Dictionary<string, Tensor> _all;
    private readonly HashSet<string> _taken;
    private readonly string _prefix;

    /// <summary>None yet.</summary>
    public CheckpointTensors() : this([])
    {
    }

    /// <summary>Those of a file; not taken over.</summary>
    public CheckpointTensors(Dictionary<string, Tensor> read) : this(read, [], "")
    {
    }

    private CheckpointTensors(Dictionary<string, Tensor> all, HashSet<string> taken, string prefix) =>
        (_all, _taken, _prefix) = (all, taken, prefix);

    /// <summary>All of them.</summary>
    public IReadOnlyDictionary<string, Tensor> All => _all;

    /// <summary>The tensors of a part.</summary>
    public CheckpointTensors In(string part) => new(_all, _taken, $"{_prefix}{part}.");

    /// <summary>Adds a tensor, which must live until the checkpoint is written.</summary>
    public void Add(string name, Tensor value) => _all.Add(_prefix + name, value);

    /// <summary>Whether there is one of that name.</summary>
    public bool Has(string name) => _all.ContainsKey(_prefix + name);

    /// <summary>The tensor of that name, on the CPU.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public Tensor Take(string name)
    {
        _taken.Add(_prefix + name);
        return _all.TryGetValue(_prefix + name, out var found) ? found : throw new InvalidDataException($"it lacks the tensor '{_prefix}{name}'");
    }

    /// <summary>The tensor of that name, which must be like another one.</summary>
    /// <exception cref="InvalidDataException">There is none, or it has another type or shape.</exception>
    public Tensor Take(string name, Tensor like)
    {
        var found = Take(name);
        return found.dtype == like.dtype && found.shape.SequenceEqual(like.shape) ? found
            : throw new InvalidDataException($"its tensor '{_prefix}{name}' has another type or shape than the training's");
    }

    /// <summary>Gives a tensor the values of that name.</summary>
    /// <exception cref="InvalidDataException">There is none, or it has another type or shape.</exception>
    public void CopyInto(string name, Tensor target)
    {
        using var guard = no_grad();
        target.copy_(Take(name, target));
    }

    /// <summary>Makes sure that nothing is left over.</summary>
    /// <exception cref="InvalidDataException">A tensor was not taken.</exception>
    public void CheckAllTaken()
    {
        if (_all.Keys.Except(_taken).Order(StringComparer.Ordinal).FirstOrDefault() is { } left)
            throw new InvalidDataException($"it has a tensor '{left}' that the training does not know");
    }
}
