using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>What the recurrent networks that read a window hand over at its edges; the rows of each edge are the first ones.</summary>
/// <param name="before">By network: where it stood when it had read the window before, forwards. Each tensor [row, ·].</param>
/// <param name="after">By network: where it stood when it had read the window after, backwards. Each tensor [row, ·].</param>
internal sealed class WindowEdges(IReadOnlyDictionary<object, Tensor[]> before, IReadOnlyDictionary<object, Tensor[]> after)
{
    private readonly Dictionary<object, Tensor[]> _forward = [], _backward = [];

    /// <summary>Where the networks that run forwards stand at the window's end.</summary>
    public IReadOnlyDictionary<object, Tensor[]> Forward => _forward;

    /// <summary>Where the networks that run backwards stand at the window's beginning.</summary>
    public IReadOnlyDictionary<object, Tensor[]> Backward => _backward;

    /// <summary>Where a network goes on from; empty: its sequences begin, or end, in this window.</summary>
    public IReadOnlyList<Tensor> Into(object network, bool backward) => (backward ? after : before).GetValueOrDefault(network) ?? [];

    /// <summary>Takes where a network has ended.</summary>
    public void Leave(object network, bool backward, Tensor[] states) => (backward ? _backward : _forward).Add(network, states);
}
