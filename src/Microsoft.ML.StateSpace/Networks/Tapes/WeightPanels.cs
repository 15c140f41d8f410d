using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>A matrix [in, out] laid out for products with few rows at a time, in float32 on a CPU: panels of as many outputs as a vector
/// holds, read from first to last. A BLAS lays its matrix out anew for every product; a recursion multiplies with the same one at every step.</summary>
/// <remarks>Every output is one chain of fused multiplications and additions through the inputs in order, so that a row's result does not depend
/// on the rows beside it, nor on the width of the machine's vectors.</remarks>
internal sealed unsafe class WeightPanels
{
    /// <summary>Outputs of a panel.</summary>
    private const int Width = 16;

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
        long inputs = matrix.shape[0], outputs = matrix.shape[1], rest = outputs % Width;
        var padded = rest == 0 ? matrix : cat([matrix, zeros([inputs, Width - rest], matrix.dtype)], 1);
        var panels = padded.unflatten(1, [-1, Width]).transpose(0, 1).contiguous();
        return new WeightPanels(panels.MoveToOuterDisposeScope(), inputs, outputs);
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
        int whole = Outputs / Width, i = 0;
        // Twelve sums fill the registers of a machine with vectors of this width; others have half as many numbers in as many registers.
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i + 6 <= whole; i += 6)
                SixPanels(from, to, panel + (long)i * Inputs * Width, i * Width);
            for (; i + 3 <= whole; i += 3)
                for (int row = 0; row < from.Length; row += 4)
                    FourByThree(Block(from, row), Block(to, row), panel + (long)i * Inputs * Width, i * Width, Inputs);
        }
        for (; i < whole; i++)
            for (int row = 0; row < from.Length; row += 4)
                FourByOne(Block(from, row), Block(to, row), panel + (long)i * Inputs * Width, i * Width, Inputs);
        if (whole < _count)
            for (int row = 0; row < from.Length; row += 4)
                Rest(Block(from, row), Block(to, row), panel + (long)whole * Inputs * Width, whole * Width);
    }

    private void SixPanels(ReadOnlySpan<nint> from, ReadOnlySpan<nint> to, float* w, int column)
    {
        int row = 0;
        for (; from.Length - row > 2; row += 4)
        {
            Rows x = Block(from, row), y = Block(to, row);
            FourByThree(x, y, w, column, Inputs);
            FourByThree(x, y, w + 3L * Inputs * Width, column + 3 * Width, Inputs);
        }
        if (row < from.Length)
            TwoBySix(Block(from, row), Block(to, row), w, column, Inputs);
    }

    // Four rows; beyond the last they are the last again, which gives the same numbers again.
    private readonly struct Rows(float* a, float* b, float* c, float* d)
    {
        public readonly float* A = a, B = b, C = c, D = d;
    }

    private static Rows Block(ReadOnlySpan<nint> rows, int first)
    {
        int last = rows.Length - 1;
        return new((float*)rows[first], (float*)rows[Math.Min(first + 1, last)], (float*)rows[Math.Min(first + 2, last)], (float*)rows[Math.Min(first + 3, last)]);
    }

    private void Rest(Rows x, Rows y, float* w, int column)
    {
        float* some = stackalloc float[4 * Width];
        int size = (Outputs - column) * sizeof(float);
        Rows part = new(some, some + Width, some + 2 * Width, some + 3 * Width);
        Buffer.MemoryCopy(y.A + column, part.A, size, size);
        Buffer.MemoryCopy(y.B + column, part.B, size, size);
        Buffer.MemoryCopy(y.C + column, part.C, size, size);
        Buffer.MemoryCopy(y.D + column, part.D, size, size);
        FourByOne(x, part, w, 0, Inputs);
        Buffer.MemoryCopy(part.A, y.A + column, size, size);
        Buffer.MemoryCopy(part.B, y.B + column, size, size);
        Buffer.MemoryCopy(part.C, y.C + column, size, size);
        Buffer.MemoryCopy(part.D, y.D + column, size, size);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByThree(Rows x, Rows y, float* w, int column, int inputs)
    {
        float* xa = x.A, xb = x.B, xc = x.C, xd = x.D;
        float* ya = y.A + column, yb = y.B + column, yc = y.C + column, yd = y.D + column;
        float* v = w + (long)inputs * Width, u = v + (long)inputs * Width;
        Vector512<float> a0 = Vector512.Load(ya), a1 = Vector512.Load(ya + Width), a2 = Vector512.Load(ya + 2 * Width);
        Vector512<float> b0 = Vector512.Load(yb), b1 = Vector512.Load(yb + Width), b2 = Vector512.Load(yb + 2 * Width);
        Vector512<float> c0 = Vector512.Load(yc), c1 = Vector512.Load(yc + Width), c2 = Vector512.Load(yc + 2 * Width);
        Vector512<float> d0 = Vector512.Load(yd), d1 = Vector512.Load(yd + Width), d2 = Vector512.Load(yd + 2 * Width);
        for (int k = 0; k < inputs; k++, w += Width, v += Width, u += Width)
        {
            Vector512<float> w0 = Vector512.Load(w), w1 = Vector512.Load(v), w2 = Vector512.Load(u);
            var factor = Vector512.Create(xa[k]);
            a0 = Vector512.FusedMultiplyAdd(w0, factor, a0);
            a1 = Vector512.FusedMultiplyAdd(w1, factor, a1);
            a2 = Vector512.FusedMultiplyAdd(w2, factor, a2);
            factor = Vector512.Create(xb[k]);
            b0 = Vector512.FusedMultiplyAdd(w0, factor, b0);
            b1 = Vector512.FusedMultiplyAdd(w1, factor, b1);
            b2 = Vector512.FusedMultiplyAdd(w2, factor, b2);
            factor = Vector512.Create(xc[k]);
            c0 = Vector512.FusedMultiplyAdd(w0, factor, c0);
            c1 = Vector512.FusedMultiplyAdd(w1, factor, c1);
            c2 = Vector512.FusedMultiplyAdd(w2, factor, c2);
            factor = Vector512.Create(xd[k]);
            d0 = Vector512.FusedMultiplyAdd(w0, factor, d0);
            d1 = Vector512.FusedMultiplyAdd(w1, factor, d1);
            d2 = Vector512.FusedMultiplyAdd(w2, factor, d2);
        }
        Store(ya, a0, a1, a2);
        Store(yb, b0, b1, b2);
        Store(yc, c0, c1, c2);
        Store(yd, d0, d1, d2);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoBySix(Rows x, Rows y, float* w, int column, int inputs)
    {
        float* xa = x.A, xb = x.B, ya = y.A + column, yb = y.B + column;
        long panel = (long)inputs * Width;
        Vector512<float> a0 = Vector512.Load(ya), a1 = Vector512.Load(ya + Width), a2 = Vector512.Load(ya + 2 * Width);
        Vector512<float> a3 = Vector512.Load(ya + 3 * Width), a4 = Vector512.Load(ya + 4 * Width), a5 = Vector512.Load(ya + 5 * Width);
        Vector512<float> b0 = Vector512.Load(yb), b1 = Vector512.Load(yb + Width), b2 = Vector512.Load(yb + 2 * Width);
        Vector512<float> b3 = Vector512.Load(yb + 3 * Width), b4 = Vector512.Load(yb + 4 * Width), b5 = Vector512.Load(yb + 5 * Width);
        for (int k = 0; k < inputs; k++, w += Width)
        {
            Vector512<float> a = Vector512.Create(xa[k]), b = Vector512.Create(xb[k]), weights = Vector512.Load(w);
            a0 = Vector512.FusedMultiplyAdd(weights, a, a0);
            b0 = Vector512.FusedMultiplyAdd(weights, b, b0);
            weights = Vector512.Load(w + panel);
            a1 = Vector512.FusedMultiplyAdd(weights, a, a1);
            b1 = Vector512.FusedMultiplyAdd(weights, b, b1);
            weights = Vector512.Load(w + 2 * panel);
            a2 = Vector512.FusedMultiplyAdd(weights, a, a2);
            b2 = Vector512.FusedMultiplyAdd(weights, b, b2);
            weights = Vector512.Load(w + 3 * panel);
            a3 = Vector512.FusedMultiplyAdd(weights, a, a3);
            b3 = Vector512.FusedMultiplyAdd(weights, b, b3);
            weights = Vector512.Load(w + 4 * panel);
            a4 = Vector512.FusedMultiplyAdd(weights, a, a4);
            b4 = Vector512.FusedMultiplyAdd(weights, b, b4);
            weights = Vector512.Load(w + 5 * panel);
            a5 = Vector512.FusedMultiplyAdd(weights, a, a5);
            b5 = Vector512.FusedMultiplyAdd(weights, b, b5);
        }
        Store(ya, a0, a1, a2);
        Store(ya + 3 * Width, a3, a4, a5);
        Store(yb, b0, b1, b2);
        Store(yb + 3 * Width, b3, b4, b5);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, Vector512<float> a, Vector512<float> b, Vector512<float> c)
    {
        a.Store(y);
        b.Store(y + Width);
        c.Store(y + 2 * Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByOne(Rows x, Rows y, float* w, int column, int inputs)
    {
        float* xa = x.A, xb = x.B, xc = x.C, xd = x.D;
        Vector512<float> a = Vector512.Load(y.A + column), b = Vector512.Load(y.B + column), c = Vector512.Load(y.C + column), d = Vector512.Load(y.D + column);
        for (int k = 0; k < inputs; k++, w += Width)
        {
            var weights = Vector512.Load(w);
            a = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xa[k]), a);
            b = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xb[k]), b);
            c = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xc[k]), c);
            d = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xd[k]), d);
        }
        a.Store(y.A + column);
        b.Store(y.B + column);
        c.Store(y.C + column);
        d.Store(y.D + column);
    }
}
