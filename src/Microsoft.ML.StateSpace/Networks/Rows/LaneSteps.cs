using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>A step of a <see cref="LaneProgram"/>.</summary>
internal abstract unsafe class LaneStep
{
    /// <summary>Computes a block.</summary>
    /// <param name="memory">The block, [number, row].</param>
    /// <param name="first">Its first row.</param>
    /// <param name="count">How many rows are in it.</param>
    public abstract void Run(float* memory, int first, int count);
}

/// <summary>Where a tensor's numbers lie, found once for all blocks: to ask LibTorch takes as long as to read one.</summary>
/// <param name="tensor">In the order of its memory, on the CPU in float32.</param>
internal readonly unsafe struct LaneTensor(Tensor tensor)
{
    /// <summary>What keeps the memory.</summary>
    public readonly Tensor Tensor = tensor;

    /// <summary>The first number.</summary>
    public readonly float* First = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(RowPanels.Numbers(tensor)));
}

/// <summary>Rows of a tensor.</summary>
internal sealed unsafe class LaneRead(Tensor rows, LaneValue value) : LaneStep
{
    private readonly LaneTensor _rows = new(rows);

    public override void Run(float* memory, int first, int count) =>
        LaneKernels.Transpose(_rows.First + (long)first * value.Size, value.Size, value.In(memory), LaneKernels.Rows, count, value.Size);
}

/// <summary>Rows to a tensor.</summary>
internal sealed unsafe class LaneWrite(LaneValue value, Tensor rows) : LaneStep
{
    private readonly LaneTensor _rows = new(rows);

    public override void Run(float* memory, int first, int count) =>
        LaneKernels.Transpose(value.In(memory), LaneKernels.Rows, _rows.First + (long)first * value.Size, value.Size, value.Size, count);
}

/// <summary>W x + b</summary>
internal sealed unsafe class LaneProduct(LaneValue x, RowPanels panels, LaneValue y) : LaneStep
{
    public override void Run(float* memory, int first, int count)
    {
        float* from = x.In(memory), to = y.In(memory);
        fixed (float* weights = panels.Weights, biases = panels.Bias)
            for (int output = 0; output < panels.Outputs;)
            {
                int panel = output / RowPanels.Width, lane = output - panels.FirstOutput(panel), left = panels.Outputs - output;
                float* w = weights + (long)panel * panels.Inputs * RowPanels.Width + lane, b = biases + panel * RowPanels.Width + lane, result = to + output * LaneKernels.Rows;
                if (left >= 8 && Vector512.IsHardwareAccelerated)
                    LaneKernels.EightOutputs(from, w, b, result, panels.Inputs);
                else if (left >= 4 && Vector512.IsHardwareAccelerated)
                    LaneKernels.FourOutputs(from, w, b, result, panels.Inputs);
                else if (left >= 4)
                {
                    LaneKernels.FourOutputsOfHalf(from, w, b, result, panels.Inputs);
                    LaneKernels.FourOutputsOfHalf(from + LaneKernels.Lanes, w, b, result + LaneKernels.Lanes, panels.Inputs);
                }
                else if (left >= 2)
                    LaneKernels.TwoOutputs(from, w, b, result, panels.Inputs);
                else
                    LaneKernels.OneOutput(from, w, b, result, panels.Inputs);
                output += left >= 8 && Vector512.IsHardwareAccelerated ? 8 : left >= 4 ? 4 : Math.Min(left, 2);
            }
    }
}

/// <summary>A nonlinearity, in place.</summary>
internal sealed unsafe class LaneActivation(LaneValue value, Activation activation) : LaneStep
{
    public override void Run(float* memory, int first, int count) => RowFunctions.Apply(activation, value.Of(memory));
}

/// <summary>1 / (1 + e⁻ˣ), in place.</summary>
internal sealed unsafe class LaneSigmoid(LaneValue value) : LaneStep
{
    public override void Run(float* memory, int first, int count) => RowFunctions.Sigmoid(value.Of(memory));
}

/// <summary>The variance that a network's output stands for, in place.</summary>
internal sealed unsafe class LaneVariance(LaneValue value, VarianceParameterisation parameterisation) : LaneStep
{
    public override void Run(float* memory, int first, int count) => parameterisation.ToVariance(value.Of(memory));
}

/// <summary>value + weight (other − value), in its place.</summary>
internal sealed unsafe class LaneMix(LaneValue value, LaneValue other, LaneValue weight) : LaneStep
{
    public override void Run(float* memory, int first, int count) => RowFunctions.Mix(other.Of(memory), weight.Of(memory), value.Of(memory));
}

/// <summary>value + other, in its place.</summary>
internal sealed unsafe class LaneAdd(LaneValue value, LaneValue other) : LaneStep
{
    public override void Run(float* memory, int first, int count) => TensorPrimitives.Add(value.Of(memory), other.Of(memory), value.Of(memory));
}

/// <summary>shared + weight · tanh(value), in its place, of particles that lie one after another: what a row's particles share is one number.</summary>
/// <param name="shared">What particles have in common, [row, ·].</param>
/// <param name="weight">The weight.</param>
/// <param name="value">The value.</param>
/// <param name="particles">Their number.</param>
internal sealed unsafe class LaneTanhSumOfNeighbours(Tensor shared, float weight, LaneValue value, int particles) : LaneStep
{
    private readonly LaneTensor _shared = new(shared);

    public override void Run(float* memory, int first, int count)
    {
        int row = first / particles;
        if (row == (first + count - 1) / particles)
        {
            LaneKernels.AddTanh(Of(row), weight, value.In(memory));
            return;
        }
        RowFunctions.Apply(Activation.Tanh, value.Of(memory));
        for (int lane = 0; lane < count; row++)
        {
            int end = Math.Min(count, (row + 1) * particles - first);
            var theirs = Of(row);
            for (int k = 0; k < theirs.Length; k++)
                RowFunctions.AddTo(theirs[k], weight, new Span<float>(value.In(memory) + k * LaneKernels.Rows + lane, end - lane));
            lane = end;
        }
    }

    private ReadOnlySpan<float> Of(int row) => new(_shared.First + (long)row * value.Size, value.Size);
}

/// <summary>shared + weight · tanh(value), in its place, of particles among which the rows follow one another.</summary>
/// <param name="shared">What particles have in common, number by number and periodically: [·, row + <see cref="LaneKernels.Rows"/>].</param>
/// <param name="rows">The rows.</param>
/// <param name="weight">The weight.</param>
/// <param name="value">The value.</param>
internal sealed unsafe class LaneTanhSumOfRows(Tensor shared, int rows, float weight, LaneValue value) : LaneStep
{
    private readonly LaneTensor _shared = new(shared);

    /// <summary>What the step reads, made of [row, ·].</summary>
    public static Tensor Periodic(Tensor shared)
    {
        using var scope = NewDisposeScope();
        long rows = shared.shape[0], times = 1 + (LaneKernels.Rows + rows - 1) / rows;
        return shared.t().repeat(1, times).narrow(1, 0, rows + LaneKernels.Rows).contiguous().MoveToOuterDisposeScope();
    }

    public override void Run(float* memory, int first, int count)
    {
        float* to = value.In(memory), from = _shared.First + first % rows;
        RowFunctions.Apply(Activation.Tanh, value.Of(memory));
        for (int k = 0; k < value.Size; k++, from += rows + LaneKernels.Rows, to += LaneKernels.Rows)
            RowFunctions.AddTo(new ReadOnlySpan<float>(from, LaneKernels.Rows), weight, new Span<float>(to, LaneKernels.Rows));
    }
}
