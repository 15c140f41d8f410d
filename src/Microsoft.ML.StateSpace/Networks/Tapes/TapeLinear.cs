using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>A weight matrix put together of blocks, zero elsewhere.</summary>
/// <param name="tape">The tape.</param>
/// <param name="rows">Outputs.</param>
/// <param name="columns">Inputs.</param>
internal sealed class TapeMatrix(ScanTape tape, long rows, long columns)
{
    private readonly List<(TapeInput Input, long Row, long Column)> _blocks = [];
    private Tensor? _matrix, _transposed;

    /// <summary>Places a weight [out, in] with its first number at a row and column.</summary>
    public TapeMatrix With(TapeInput input, long row, long column)
    {
        _blocks.Add((input, row, column));
        return this;
    }

    /// <summary>[out, in]</summary>
    public Tensor Matrix => _matrix ??= tape.Keep(Assemble());

    /// <summary>[in, out]</summary>
    public Tensor Transposed => _transposed ??= tape.Keep(Matrix.t().contiguous());

    /// <summary>Hands a gradient [out, in] to the blocks.</summary>
    public void AddGradient(Tensor gradient)
    {
        foreach (var (input, row, column) in _blocks)
            input.AddGradient(BlockOf(gradient, input, row, column));
    }

    /// <summary>Forgets what was put together.</summary>
    public void Restore() => (_matrix, _transposed) = (null, null);

    private Tensor Assemble()
    {
        if (_blocks is [var only] && only.Input.Value.shape is [var height, var width] && (height, width) == (rows, columns))
            return only.Input.Value.detach();
        var whole = zeros([rows, columns], _blocks[0].Input.Value.dtype, _blocks[0].Input.Value.device);
        foreach (var (input, row, column) in _blocks)
            BlockOf(whole, input, row, column).copy_(input.Value);
        return whole;
    }

    private static Tensor BlockOf(Tensor whole, TapeInput input, long row, long column) =>
        whole.narrow(0, row, input.Value.shape[0]).narrow(1, column, input.Value.shape[1]);
}

/// <summary>Adds W · source to a value.</summary>
internal sealed class TapeLinear(ITapeSource source, TapeMatrix weight, TapeValue target) : TapeOperation
{
    public override void Forward(int step)
    {
        if (source.At(step) is { } input)
            target.At(step).addmm_(input, weight.Transposed);
    }

    public override void BeginBackward() => weight.Restore();

    public override void Backward(int step) => source.AddProduct(step, target.GradientAt(step), weight.Matrix);

    public override void EndBackward() => weight.AddGradient(target.Gradient.t().mm(source.All));
}

/// <summary>Adds one value to another.</summary>
internal sealed class TapeSum(TapeValue source, TapeValue target) : TapeOperation
{
    public override void Forward(int step) => target.At(step).add_(source.At(step));

    public override void Backward(int step) => source.GradientAt(step).add_(target.GradientAt(step));
}

/// <summary>A nonlinearity in place.</summary>
internal sealed class TapeActivation(TapeValue value, Activation activation, ScanTape tape) : TapeOperation
{
    private Tensor[] _slopes = [];

    public override void Forward(int step) => activation.ApplyInPlace(value.At(step));

    public override void BeginBackward() => _slopes = tape.StepsOf(activation.SlopeOf(value.All));

    public override void Backward(int step) => value.GradientAt(step).mul_(_slopes[step]);
}
