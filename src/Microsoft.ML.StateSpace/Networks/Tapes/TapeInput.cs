using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>What a tape's result depends on: weights, biases, what the data bring.</summary>
internal sealed class TapeInput(ScanTape tape, Tensor value)
{
    /// <summary>Its numbers.</summary>
    public Tensor Value { get; private set; } = value;

    /// <summary>Its gradient; null until an operation has given one.</summary>
    public Tensor? Gradient { get; private set; }

    /// <summary>Adds to the gradient.</summary>
    public void AddGradient(Tensor gradient) => Gradient = tape.Keep(Gradient is null ? gradient : Gradient + gradient);

    internal void Restore(Tensor kept) => (Value, Gradient) = (kept, null);
}
