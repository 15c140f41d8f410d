using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>A part of what every step of a <see cref="ScanTape"/> does.</summary>
internal abstract class TapeOperation
{
    /// <summary>Computes a step.</summary>
    public abstract void Forward(int step);

    /// <summary>Prepares for all steps at once what <see cref="Backward"/> needs.</summary>
    public virtual void BeginBackward()
    {
    }

    /// <summary>Hands a step's gradients on; steps run from the last to the first.</summary>
    public abstract void Backward(int step);

    /// <summary>Gives the gradients that need no step.</summary>
    public virtual void EndBackward()
    {
    }
}

/// <summary>What a value began with: its gradient is the value's, which every later operation has left its own in.</summary>
internal sealed class TapeStart(Func<Tensor, Tensor> reduce, TapeValue value, TapeInput input) : TapeOperation
{
    public override void Forward(int step)
    {
    }

    public override void Backward(int step)
    {
    }

    public override void EndBackward() => input.AddGradient(reduce(value.Gradient));
}
