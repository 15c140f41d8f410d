using System.Runtime.Intrinsics;
using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>W x + b of many rows on the CPU, without gradients. Every output is one chain of fused multiplications and additions, from the
/// bias on through the inputs in order, so that it depends on its own row alone: not on how many rows there are, on its place among them, or on
/// the width of the machine's vectors.</summary>
/// <remarks>The plain path, a product of LibTorch's for every sequence, is what it is tested against.</remarks>
internal static unsafe class RowProduct
{
    // Rows whose outputs stay in the nearest cache until the nonlinearity has been applied.
    private const int RowsTogether = 64;

    /// <summary>Whether it serves this input.</summary>
    public static bool Serves(Tensor input) =>
        input.IsOnHost() && input.dtype == ScalarType.Float32 && !is_grad_enabled();

    /// <summary>f(W x + b): [particle, row, in] to [particle, row, out], in the same order in memory.</summary>
    /// <param name="input">x</param>
    /// <param name="weight">W, [out, in]</param>
    /// <param name="bias">b, [out]; null: 0.</param>
    /// <param name="activation">f; null: the identity.</param>
    public static Tensor Run(Tensor input, Tensor weight, Tensor? bias, Activation? activation = null)
    {
        using var scope = NewDisposeScope();
        var (rows, swapped) = RowPanels.InOrder(input);
        var panels = RowPanels.Of(weight, bias);
        var output = empty([.. rows.shape[..^1], panels.Outputs], ScalarType.Float32);
        Compute(RowPanels.Numbers(rows), panels, RowPanels.Numbers(output), activation);
        return (swapped ? output.transpose(0, 1) : output).MoveToOuterDisposeScope();
    }

    /// <summary>f(W x + b) of rows that follow one another.</summary>
    internal static void Compute(ReadOnlySpan<float> input, RowPanels panels, Span<float> output, Activation? activation)
    {
        int width = panels.Outputs;
        // A narrow layer's outputs are stored as whole vectors, each row's over the end of the one before.
        Span<float> narrow = width < RowPanels.Width ? stackalloc float[RowsTogether * width + RowPanels.Width] : [];
        for (int first = 0, all = width == 0 ? 0 : output.Length / width; first < all; first += RowsTogether)
        {
            int rows = Math.Min(RowsTogether, all - first);
            var from = input.Slice(first * panels.Inputs, rows * panels.Inputs);
            var part = output.Slice(first * width, rows * width);
            var to = narrow.IsEmpty ? part : narrow;
            fixed (float* x = from, w = panels.Weights, b = panels.Bias, y = to)
                Block(x, w, b, y, rows, panels);
            if (!narrow.IsEmpty)
                to[..part.Length].CopyTo(part);
            if (activation is { } function)
                RowFunctions.Apply(function, part);
        }
    }

    private static void Block(float* x, float* w, float* b, float* y, int rows, RowPanels panels)
    {
        int inputs = panels.Inputs;
        for (int panel = 0; panel < panels.Count;)
        {
            float* weights = w + (long)panel * inputs * RowPanels.Width;
            FourRows bias = new(b + panel * RowPanels.Width);
            // A machine with narrower vectors has half as many numbers in as many registers.
            int left = Vector512.IsHardwareAccelerated ? panels.Count - panel : 1, first = panels.FirstOutput(panel);
            if (left >= 3)
            {
                int second = panels.FirstOutput(panel + 1) - first, third = panels.FirstOutput(panel + 2) - first;
                for (int row = 0; row < rows; row += 4)
                    PanelKernels.FourByThree(Four(x, row, rows, inputs), bias, Four(y + first, row, rows, panels.Outputs), weights, inputs, second, third);
            }
            else if (left == 2)
            {
                int second = panels.FirstOutput(panel + 1) - first;
                for (int row = 0; row < rows; row += 4)
                    PanelKernels.FourByTwo(Four(x, row, rows, inputs), bias, Four(y + first, row, rows, panels.Outputs), weights, inputs, second);
            }
            else if (!Vector512.IsHardwareAccelerated)
                OnePanel(x, new SixRows(b + panel * RowPanels.Width), y + first, weights, rows, panels);
            else
                for (int row = 0; row < rows; row += 8)
                    PanelKernels.EightByOne(Four(x, row, rows, inputs), Four(x, row + 4, rows, inputs), bias,
                        Four(y + first, row, rows, panels.Outputs), Four(y + first, row + 4, rows, panels.Outputs), weights, inputs);
            panel += Math.Min(left, 3);
        }
    }

    private static void OnePanel(float* x, SixRows bias, float* y, float* w, int rows, RowPanels panels)
    {
        for (int row = 0, taken; row < rows; row += taken)
        {
            taken = PanelKernels.Next(rows - row);
            if (taken == 6)
                PanelKernels.SixByOne(Six(x, row, rows, panels.Inputs), bias, Six(y, row, rows, panels.Outputs), w, panels.Inputs);
            else
                PanelKernels.FourByOne(Four(x, row, rows, panels.Inputs), bias.First, Four(y, row, rows, panels.Outputs), w, panels.Inputs);
        }
    }

    // Six rows from one on, of at least five.
    private static SixRows Six(float* first, int row, int rows, int size) =>
        new(Four(first, row, rows, size), first + (row + 4) * size, first + Math.Min(row + 5, rows - 1) * size);

    // Four rows from one on; the last ones are computed with some before them, or more than once, which changes nothing.
    private static FourRows Four(float* first, int row, int rows, int size)
    {
        int start = Math.Max(0, Math.Min(row, rows - 4)), last = rows - 1;
        return new(first + start * size, first + Math.Min(start + 1, last) * size, first + Math.Min(start + 2, last) * size, first + Math.Min(start + 3, last) * size);
    }
}
