using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>A tape's results as one node of LibTorch's graph.</summary>
internal sealed class TapeFunction : autograd.MultiTensorFunction<TapeFunction>
{
    private const string TapeKey = "tape";

    public override string Name => nameof(TapeFunction);

    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var tape = (ScanTape)vars[^1];
        ctx.save_for_backward(tape.Kept());
        ctx.save_data(TapeKey, tape);
        return tape.Outputs;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        using var scope = NewDisposeScope();
        var tape = (ScanTape)ctx.get_data(TapeKey)!;
        return [.. tape.Backward(ctx.get_saved_variables(), grad_outputs).Select(gradient => gradient.MoveToOuterDisposeScope()), null!];
    }
}
