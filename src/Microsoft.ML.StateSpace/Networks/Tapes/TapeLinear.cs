using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>Adds W · source to a value.</summary>
/// <param name="source">[S·N, in]</param>
/// <param name="weight">W, [out, in]</param>
/// <param name="target">[S·N, out]</param>
/// <param name="tape">The tape.</param>
internal sealed class TapeLinear(ITapeSource source, TapeInput weight, TapeValue target, ScanTape tape) : TapeOperation
{
    private Tensor? _transposed;

    public override void Forward(int step)
    {
        if (source.At(step) is not { } input)
            return;
        var rows = target.At(step);
        (rows.shape[0] == input.shape[0] ? rows : rows.narrow(0, 0, input.shape[0]))
            .addmm_(input, _transposed ??= tape.Keep(weight.Value.t().contiguous()));
    }

    public override void Backward(int step) => source.AddProduct(step, target.GradientAt(step), weight.Value);

    public override void EndBackward() => weight.AddGradient(source.OfWeights(target.Gradient));
}

/// <summary>Adds a multiple of one value to another.</summary>
internal sealed class TapeSum(TapeValue source, TapeValue target, double weight = 1) : TapeOperation
{
    public override void Forward(int step) => target.At(step).add_(source.At(step), weight);

    public override void Backward(int step) => source.GradientAt(step).add_(target.GradientAt(step), weight);
}

/// <summary>A nonlinearity in place.</summary>
internal sealed class TapeActivation(TapeValue value, Activation activation, ScanTape tape) : TapeOperation
{
    private Tensor[] _slopes = [];

    public override void Forward(int step) => activation.ApplyInPlace(value.At(step));

    public override void BeginBackward() => _slopes = tape.StepsOf(activation.SlopeOf(value.All));

    public override void Backward(int step) => value.GradientAt(step).mul_(_slopes[step]);
}
