using Microsoft.ML.StateSpace.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>Reads sequences window by window, with the result of reading them whole, to rounding; call without gradients.</summary>
/// <remarks>What runs backwards is run first from the last window to the first, and where it stands at every edge is kept: then each window
/// can be read when its turn comes, and no more than one is held.</remarks>
internal sealed class WindowReader : IDisposable
{
    private readonly InferenceModule _inference;
    private readonly SequenceWindows _windows;
    // By window: where the networks that run backwards go on from.
    private readonly IReadOnlyDictionary<object, Tensor[]>[] _after;
    private IReadOnlyDictionary<object, Tensor[]> _before = None;

    /// <param name="inference">The network.</param>
    /// <param name="windows">The sequences; a single window, unless the network reads windows.</param>
    /// <param name="device">Where the windows are laid out.</param>
    /// <param name="type">Their element type.</param>
    /// <exception cref="ArgumentException">The network does not read windows.</exception>
    public WindowReader(InferenceModule inference, SequenceWindows windows, Device device, ScalarType type)
    {
        if (windows.Count > 1 && !inference.EncodesWindows)
            throw new ArgumentException($"{inference.GetName()} reads whole sequences.", nameof(windows));
        (_inference, _windows) = (inference, windows);
        _after = [.. Enumerable.Repeat(None, windows.Count)];
        for (int window = windows.Count - 1; window > 0; window--)
        {
            using var scope = NewDisposeScope();
            using var batch = windows.Create(window, device, type);
            var edges = batch.Edges = new WindowEdges(None, _after[window]);
            inference.Encode(batch, null);
            Dispose(edges.Forward);
            _after[window - 1] = edges.Backward;
            if (edges.Backward.Count == 0)
                break;
        }
    }

    private static IReadOnlyDictionary<object, Tensor[]> None { get; } = new Dictionary<object, Tensor[]>();

    /// <summary>Reads a window; windows are read in order, from 0.</summary>
    /// <param name="window">Its number.</param>
    /// <param name="batch">What <see cref="SequenceWindows.Create"/> made of it.</param>
    public Encoding Read(int window, SequenceBatch batch)
    {
        if (_windows.Count == 1)
            return _inference.Encode(batch, null);
        var edges = batch.Edges = new WindowEdges(_before, _after[window]);
        var encoding = _inference.Encode(batch, null);
        Dispose(_before);
        Dispose(edges.Backward);
        _before = edges.Forward;
        return encoding;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(_before);
        foreach (var states in _after)
            Dispose(states);
    }

    private static void Dispose(IReadOnlyDictionary<object, Tensor[]> states)
    {
        foreach (var state in states.Values.SelectMany(parts => parts))
            state.Dispose();
    }
}
