using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>A matrix [in, out] laid out for products with few rows at a time, in float32 on a CPU: panels of as many outputs as a vector
/// holds, read from first to last. A BLAS lays its matrix out anew for every product; a recursion multiplies with the same one at every step.</summary>
/// <remarks>Every output is one chain of fused multiplications and additions through the inputs in order, so that a row's result does not depend
/// on the rows beside it, nor on the width of the machine's vectors.</remarks>
internal sealed unsafe class WeightPanels
{
    private const int Width = PanelKernels.Width;

    // Rows that stay in the cache while panel after panel is multiplied with them.
    private const int RowsTogether = 64;

    private readonly Tensor _panels;
    private readonly nint _address;
    private readonly int _count;

    private WeightPanels(Tensor panels, long inputs, long outputs)
    {
        (_panels, _count, Inputs, Outputs) = (panels, (int)panels.shape[0], (int)inputs, (int)outputs);
        _address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(panels.bytes));
    }

    /// <summary>Lays a matrix out, [in, out].</summary>
    /// <param name="matrix">Any strides.</param>
    public static WeightPanels Of(Tensor matrix)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        int inputs = (int)matrix.shape[0], outputs = (int)matrix.shape[1];
        var panels = empty([(outputs + Width - 1) / Width, inputs, Width], ScalarType.Float32);
        var to = RowPanels.Numbers(panels);
        var transposed = matrix.t();
        if (transposed.is_contiguous())
            FillByOutput(RowPanels.Numbers(transposed), inputs, to);
        else
            FillByInput(RowPanels.Numbers(matrix.contiguous()), outputs, to);
        return new WeightPanels(panels.MoveToOuterDisposeScope(), inputs, outputs);
    }

    // From [out, in].
    private static void FillByOutput(ReadOnlySpan<float> from, int inputs, Span<float> to)
    {
        for (; from.Length > 0; from = from[Math.Min(Width * inputs, from.Length)..], to = to[(Width * inputs)..])
        {
            if (from.Length < Width * inputs)
                to.Clear();
            RowPanels.Transpose(from[..Math.Min(Width * inputs, from.Length)], inputs, to);
        }
    }

    // From [in, out].
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FillByInput(ReadOnlySpan<float> from, int outputs, Span<float> to)
    {
        int inputs = from.Length / outputs;
        for (int first = 0; first < outputs; first += Width)
            for (int k = 0, lanes = Math.Min(Width, outputs - first); k < inputs; k++, to = to[Width..])
            {
                from.Slice(k * outputs + first, lanes).CopyTo(to);
                to[lanes..Width].Clear();
            }
    }

    /// <summary>The memory, for a scope to keep.</summary>
    public Tensor Memory => _panels;

    /// <summary>Numbers of a row that is multiplied.</summary>
    public int Inputs { get; }

    /// <summary>Numbers of a row that is added to.</summary>
    public int Outputs { get; }

    /// <summary>Adds x · matrix to y, row by row.</summary>
    /// <param name="from">Where each row of x begins.</param>
    /// <param name="to">Where each row of y begins; none twice.</param>
    public void AddProducts(ReadOnlySpan<nint> from, ReadOnlySpan<nint> to)
    {
        for (int first = 0; first < from.Length; first += RowsTogether)
        {
            int rows = Math.Min(RowsTogether, from.Length - first);
            AddBlock(from.Slice(first, rows), to.Slice(first, rows));
        }
    }

    private void AddBlock(ReadOnlySpan<nint> from, ReadOnlySpan<nint> to)
    {
        float* panel = (float*)_address;
        long size = (long)Inputs * Width;
        int whole = Outputs / Width, i = 0;
        // A machine with narrower vectors has half as many numbers in as many registers.
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i + 6 <= whole; i += 6)
                SixPanels(from, to, panel + i * size, i * Width);
            for (; i + 3 <= whole; i += 3)
                for (int row = 0; row < from.Length; row += 4)
                    ThreePanels(Block(from, row), Block(to, row).At(i * Width), panel + i * size);
        }
        for (; i < whole; i++)
            for (int row = 0, taken; row < from.Length; row += taken)
            {
                taken = PanelKernels.Next(from.Length - row);
                if (taken == 6)
                    OnePanel(Six(from, row), Six(to, row).At(i * Width), panel + i * size);
                else
                    OnePanel(Block(from, row), Block(to, row).At(i * Width), panel + i * size);
            }
        if (whole < _count)
            for (int row = 0; row < from.Length; row += 4)
                Rest(Block(from, row), Block(to, row).At(whole * Width), panel + whole * size);
    }

    private void SixPanels(ReadOnlySpan<nint> from, ReadOnlySpan<nint> to, float* w, int column)
    {
        int row = 0;
        for (; from.Length - row > 2; row += 4)
        {
            FourRows x = Block(from, row), y = Block(to, row).At(column);
            ThreePanels(x, y, w);
            ThreePanels(x, y.At(3 * Width), w + 3L * Inputs * Width);
        }
        if (row < from.Length)
        {
            var y = Block(to, row).At(column);
            PanelKernels.TwoBySix(Block(from, row), y, y, w, Inputs);
        }
    }

    private void ThreePanels(FourRows x, FourRows y, float* w) => PanelKernels.FourByThree(x, y, y, w, Inputs, Width, 2 * Width);

    private void OnePanel(SixRows x, SixRows y, float* w) => PanelKernels.SixByOne(x, y, y, w, Inputs);

    private void OnePanel(FourRows x, FourRows y, float* w) => PanelKernels.FourByOne(x, y, y, w, Inputs);

    // Beyond the last row it is the last again, which gives the same numbers again.
    private static FourRows Block(ReadOnlySpan<nint> rows, int first)
    {
        int last = rows.Length - 1;
        return new((float*)rows[first], (float*)rows[Math.Min(first + 1, last)], (float*)rows[Math.Min(first + 2, last)], (float*)rows[Math.Min(first + 3, last)]);
    }

    // At least five rows.
    private static SixRows Six(ReadOnlySpan<nint> rows, int first) =>
        new(Block(rows, first), (float*)rows[first + 4], (float*)rows[Math.Min(first + 5, rows.Length - 1)]);

    // The last panel has zeros behind its outputs, and y other numbers.
    private void Rest(FourRows x, FourRows y, float* w)
    {
        float* some = stackalloc float[4 * Width];
        FourRows part = new(some, some + Width, some + 2 * Width, some + 3 * Width);
        Copy(y, part);
        OnePanel(x, part, w);
        Copy(part, y);
    }

    private void Copy(FourRows from, FourRows to)
    {
        int size = Outputs % Width * sizeof(float);
        Buffer.MemoryCopy(from.A, to.A, size, size);
        Buffer.MemoryCopy(from.B, to.B, size, size);
        Buffer.MemoryCopy(from.C, to.C, size, size);
        Buffer.MemoryCopy(from.D, to.D, size, size);
    }
}
