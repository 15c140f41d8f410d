using System.Numerics;
using System.Numerics.Tensors;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>Operations of single numbers that are laid on a tape.</summary>
internal static class TapeElementwise
{
    /// <summary>Adds a multiple of one value to another.</summary>
    public static void AddMultiple(this ScanTape tape, TapeValue source, TapeValue target, double weight = 1) =>
        tape.Add(!tape.InMemory ? new TensorSum(source, target, weight)
            : tape.Type == ScalarType.Float64 ? new RowSum<double>(source, target, weight, tape) : new RowSum<float>(source, target, weight, tape));

    /// <summary>Applies a nonlinearity in place.</summary>
    public static void Activate(this ScanTape tape, TapeValue value, Activation activation) =>
        tape.Add(tape.InMemory && tape.Type == ScalarType.Float32 ? new RowActivation(value, activation, tape) : new TensorActivation(value, activation, tape));
}

/// <summary>A sum by LibTorch's operations.</summary>
internal sealed class TensorSum(TapeValue source, TapeValue target, double weight) : TapeOperation
{
    public override void Forward(int step) => target.At(step).add_(source.At(step), weight);

    public override void Backward(int step) => source.GradientAt(step).add_(target.GradientAt(step), weight);
}

/// <summary>A sum in plain numbers, row by row.</summary>
internal sealed class RowSum<T>(TapeValue source, TapeValue target, double weight, ScanTape tape) : TapeOperation where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T _weight = T.CreateChecked(weight);

    public override void Forward(int step)
    {
        for (long row = tape.FirstRow(step), end = row + tape.RowsOf(step); row < end; row++)
            TensorPrimitives.MultiplyAdd<T>(source.Row<T>(row), _weight, target.Row<T>(row), target.Row<T>(row));
    }

    public override void Backward(int step)
    {
        for (long row = tape.FirstRow(step), end = row + tape.RowsOf(step); row < end; row++)
            TensorPrimitives.MultiplyAdd<T>(target.GradientRow<T>(row), _weight, source.GradientRow<T>(row), source.GradientRow<T>(row));
    }
}

/// <summary>A nonlinearity by LibTorch's operations.</summary>
internal sealed class TensorActivation(TapeValue value, Activation activation, ScanTape tape) : TapeOperation
{
    private Tensor[]? _slopes;

    public override void Forward(int step) => activation.ApplyInPlace(value.At(step));

    public override void BeginBackward() => _slopes = tape.StepsOf(activation.SlopeOf(value.All));

    public override void Backward(int step) => value.GradientAt(step).mul_(_slopes is null ? activation.SlopeOf(value.At(step)) : _slopes[step]);
}

/// <summary>A nonlinearity in plain numbers, row by row, in float32.</summary>
internal sealed class RowActivation(TapeValue value, Activation activation, ScanTape tape) : TapeOperation
{
    public override void Forward(int step)
    {
        for (long row = tape.FirstRow(step), end = row + tape.RowsOf(step); row < end; row++)
            RowFunctions.Apply(activation, value.Row<float>(row));
    }

    public override void Backward(int step)
    {
        for (long row = tape.FirstRow(step), end = row + tape.RowsOf(step); row < end; row++)
            RowFunctions.MultiplyBySlope(activation, value.Row<float>(row), value.GradientRow<float>(row));
    }
}
