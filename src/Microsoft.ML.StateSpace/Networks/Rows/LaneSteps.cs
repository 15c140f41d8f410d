using System.Numerics.Tensors;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>A step of a <see cref="LaneProgram"/>.</summary>
internal interface ILaneStep
{
    /// <summary>Computes a block.</summary>
    /// <param name="memory">The block, [number, row].</param>
    /// <param name="first">Its first row.</param>
    /// <param name="count">How many rows are in it.</param>
    unsafe void Run(float* memory, int first, int count);
}

/// <summary>Rows of a tensor.</summary>
internal sealed unsafe class LaneRead(Tensor rows, LaneValue value) : ILaneStep
{
    public void Run(float* memory, int first, int count)
    {
        fixed (float* from = RowPanels.Numbers(rows).Slice(first * value.Size, count * value.Size))
            LaneKernels.Transpose(from, value.Size, value.In(memory), LaneKernels.Rows, count, value.Size);
    }
}

/// <summary>Rows to a tensor.</summary>
internal sealed unsafe class LaneWrite(LaneValue value, Tensor rows) : ILaneStep
{
    public void Run(float* memory, int first, int count)
    {
        fixed (float* to = RowPanels.Numbers(rows).Slice(first * value.Size, count * value.Size))
            LaneKernels.Transpose(value.In(memory), LaneKernels.Rows, to, value.Size, value.Size, count);
    }
}

/// <summary>W x + b</summary>
internal sealed unsafe class LaneProduct(LaneValue x, RowPanels panels, LaneValue y) : ILaneStep
{
    public void Run(float* memory, int first, int count)
    {
        float* from = x.In(memory), to = y.In(memory);
        fixed (float* weights = panels.Weights, biases = panels.Bias)
            for (int output = 0; output < panels.Outputs;)
            {
                int panel = output / RowPanels.Width, lane = output - panels.FirstOutput(panel), left = panels.Outputs - output;
                float* w = weights + (long)panel * panels.Inputs * RowPanels.Width + lane, b = biases + panel * RowPanels.Width + lane, result = to + output * LaneKernels.Rows;
                if (left >= 8)
                    LaneKernels.EightOutputs(from, w, b, result, panels.Inputs);
                else if (left >= 4)
                    LaneKernels.FourOutputs(from, w, b, result, panels.Inputs);
                else if (left >= 2)
                    LaneKernels.TwoOutputs(from, w, b, result, panels.Inputs);
                else
                    LaneKernels.OneOutput(from, w, b, result, panels.Inputs);
                output += left >= 8 ? 8 : left >= 4 ? 4 : Math.Min(left, 2);
            }
    }
}

/// <summary>A nonlinearity, in place.</summary>
internal sealed unsafe class LaneActivation(LaneValue value, Activation activation) : ILaneStep
{
    public void Run(float* memory, int first, int count) => RowFunctions.Apply(activation, value.Of(memory));
}

/// <summary>1 / (1 + e⁻ˣ), in place.</summary>
internal sealed unsafe class LaneSigmoid(LaneValue value) : ILaneStep
{
    public void Run(float* memory, int first, int count) => RowFunctions.Sigmoid(value.Of(memory));
}

/// <summary>The variance that a network's output stands for, in place.</summary>
internal sealed unsafe class LaneVariance(LaneValue value, VarianceParameterisation parameterisation) : ILaneStep
{
    public void Run(float* memory, int first, int count) => parameterisation.ToVariance(value.Of(memory));
}

/// <summary>value + weight (other − value), in its place.</summary>
internal sealed unsafe class LaneMix(LaneValue value, LaneValue other, LaneValue weight) : ILaneStep
{
    public void Run(float* memory, int first, int count) => RowFunctions.Mix(other.Of(memory), weight.Of(memory), value.Of(memory));
}

/// <summary>value + other, in its place.</summary>
internal sealed unsafe class LaneAdd(LaneValue value, LaneValue other) : ILaneStep
{
    public void Run(float* memory, int first, int count) => TensorPrimitives.Add(value.Of(memory), other.Of(memory), value.Of(memory));
}

/// <summary>shared + weight · tanh(value), in its place, of particles that lie one after another: what a row's particles share is one number.</summary>
/// <param name="shared">What particles have in common, [row, ·].</param>
/// <param name="weight">The weight.</param>
/// <param name="value">The value.</param>
/// <param name="particles">Their number.</param>
internal sealed unsafe class LaneTanhSumOfNeighbours(Tensor shared, float weight, LaneValue value, int particles) : ILaneStep
{
    public void Run(float* memory, int first, int count)
    {
        var numbers = RowPanels.Numbers(shared);
        int row = first / particles;
        if (row == (first + count - 1) / particles)
        {
            LaneKernels.AddTanh(numbers.Slice(row * value.Size, value.Size), weight, value.In(memory));
            return;
        }
        RowFunctions.Apply(Activation.Tanh, value.Of(memory));
        for (int lane = 0; lane < count; row++)
        {
            int end = Math.Min(count, (row + 1) * particles - first);
            var theirs = numbers.Slice(row * value.Size, value.Size);
            for (int k = 0; k < theirs.Length; k++)
                RowFunctions.AddTo(theirs[k], weight, new Span<float>(value.In(memory) + k * LaneKernels.Rows + lane, end - lane));
            lane = end;
        }
    }
}

/// <summary>shared + weight · tanh(value), in its place, of particles among which the rows follow one another.</summary>
/// <param name="shared">What particles have in common, number by number and periodically: [·, row + <see cref="LaneKernels.Rows"/>].</param>
/// <param name="rows">The rows.</param>
/// <param name="weight">The weight.</param>
/// <param name="value">The value.</param>
internal sealed unsafe class LaneTanhSumOfRows(Tensor shared, int rows, float weight, LaneValue value) : ILaneStep
{
    /// <summary>What the step reads, made of [row, ·].</summary>
    public static Tensor Periodic(Tensor shared)
    {
        using var scope = NewDisposeScope();
        long rows = shared.shape[0], times = 1 + (LaneKernels.Rows + rows - 1) / rows;
        return shared.t().repeat(1, times).narrow(1, 0, rows + LaneKernels.Rows).contiguous().MoveToOuterDisposeScope();
    }

    public void Run(float* memory, int first, int count)
    {
        var numbers = RowPanels.Numbers(shared);
        float* to = value.In(memory);
        RowFunctions.Apply(Activation.Tanh, value.Of(memory));
        for (int k = 0, from = first % rows; k < value.Size; k++, from += rows + LaneKernels.Rows)
            RowFunctions.AddTo(numbers.Slice(from, LaneKernels.Rows), weight, new Span<float>(to + k * LaneKernels.Rows, LaneKernels.Rows));
    }
}
