using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
        input.device.type == DeviceType.CPU && input.dtype == ScalarType.Float32 && !is_grad_enabled();

    /// <summary>f(W x + b): [particle, row, in] to [particle, row, out], in the same order in memory.</summary>
    /// <param name="input">x</param>
    /// <param name="weight">W, [out, in]</param>
    /// <param name="bias">b, [out]; null: 0.</param>
    /// <param name="activation">f; null: the identity.</param>
    /// <param name="sum">What the result is added to, so weighted; null: nothing.</param>
    public static Tensor Run(Tensor input, Tensor weight, Tensor? bias, Activation? activation = null, RowSum? sum = null)
    {
        using var scope = NewDisposeScope();
        var (rows, swapped) = RowPanels.InOrder(input);
        var panels = RowPanels.Of(weight, bias);
        var output = empty([.. rows.shape[..^1], panels.Outputs], ScalarType.Float32);
        if (sum is null)
            Compute(RowPanels.Numbers(rows), panels, RowPanels.Numbers(output), activation);
        else
            Sum(rows, swapped, panels, output, activation, sum);
        return (swapped ? output.transpose(0, 1) : output).MoveToOuterDisposeScope();
    }

    private static void Sum(Tensor rows, bool swapped, RowPanels panels, Tensor output, Activation? activation, RowSum sum)
    {
        Span<float> from = RowPanels.Numbers(rows), to = RowPanels.Numbers(output), shared = RowPanels.Numbers(sum.Shared.contiguous());
        int width = panels.Outputs, all = to.Length / width, particles = (int)rows.shape[swapped ? 1 : 0], sequences = all / particles;
        for (int first = 0; first < all; first += RowsTogether)
        {
            int count = Math.Min(RowsTogether, all - first);
            Compute(from.Slice(first * panels.Inputs, count * panels.Inputs), panels, to.Slice(first * width, count * width), activation);
            for (int row = first; row < first + count; row++)
                RowFunctions.AddTo(shared.Slice((swapped ? row / particles : row % sequences) * width, width), (float)sum.Weight, to.Slice(row * width, width));
        }
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
        int inputs = panels.Inputs, outputs = panels.Outputs, size = RowPanels.Width;
        for (int panel = 0; panel < panels.Count;)
        {
            float* weights = w + (long)panel * inputs * size, bias = b + panel * size;
            int left = panels.Count - panel, first = panels.FirstOutput(panel);
            if (left >= 3)
            {
                int second = panels.FirstOutput(panel + 1), third = panels.FirstOutput(panel + 2);
                for (int row = 0; row < rows; row += 4)
                    FourByThree(new Rows4(row, rows), x, weights, bias, y, inputs, outputs, first, second, third);
            }
            else if (left == 2)
            {
                int second = panels.FirstOutput(panel + 1);
                for (int row = 0; row < rows; row += 4)
                    FourByTwo(new Rows4(row, rows), x, weights, bias, y, inputs, outputs, first, second);
            }
            else
                for (int row = 0; row < rows; row += 8)
                    EightByOne(new Rows4(row, rows), new Rows4(row + 4, rows), x, weights, bias, y + first, inputs, outputs);
            panel += Math.Min(left, 3);
        }
    }

    // Four rows from one on; the last ones are computed with some before them, or more than once, which changes nothing.
    private readonly struct Rows4(int row, int rows)
    {
        private readonly int _start = Math.Max(0, Math.Min(row, rows - 4));
        private readonly int _last = rows - 1;

        public int A => _start;

        public int B => Math.Min(_start + 1, _last);

        public int C => Math.Min(_start + 2, _last);

        public int D => Math.Min(_start + 3, _last);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByThree(Rows4 rows, float* x, float* w, float* b, float* y, int inputs, int outputs, int first, int second, int third)
    {
        int size = Vector512<float>.Count;
        float* xa = x + rows.A * inputs, xb = x + rows.B * inputs, xc = x + rows.C * inputs, xd = x + rows.D * inputs;
        float* v = w + inputs * size, u = v + inputs * size;
        Vector512<float> a0 = Vector512.Load(b), a1 = Vector512.Load(b + size), a2 = Vector512.Load(b + 2 * size);
        Vector512<float> b0 = a0, b1 = a1, b2 = a2, c0 = a0, c1 = a1, c2 = a2, d0 = a0, d1 = a1, d2 = a2;
        for (int k = 0; k < inputs; k++)
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
            w += size;
            v += size;
            u += size;
        }
        Store(y + rows.A * outputs, first, second, third, a0, a1, a2);
        Store(y + rows.B * outputs, first, second, third, b0, b1, b2);
        Store(y + rows.C * outputs, first, second, third, c0, c1, c2);
        Store(y + rows.D * outputs, first, second, third, d0, d1, d2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, int first, int second, int third, Vector512<float> a, Vector512<float> b, Vector512<float> c)
    {
        a.Store(y + first);
        b.Store(y + second);
        c.Store(y + third);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByTwo(Rows4 rows, float* x, float* w, float* b, float* y, int inputs, int outputs, int first, int second)
    {
        int size = Vector512<float>.Count;
        float* xa = x + rows.A * inputs, xb = x + rows.B * inputs, xc = x + rows.C * inputs, xd = x + rows.D * inputs;
        float* v = w + inputs * size;
        Vector512<float> a0 = Vector512.Load(b), a1 = Vector512.Load(b + size);
        Vector512<float> b0 = a0, b1 = a1, c0 = a0, c1 = a1, d0 = a0, d1 = a1;
        for (int k = 0; k < inputs; k++)
        {
            Vector512<float> w0 = Vector512.Load(w), w1 = Vector512.Load(v);
            var factor = Vector512.Create(xa[k]);
            a0 = Vector512.FusedMultiplyAdd(w0, factor, a0);
            a1 = Vector512.FusedMultiplyAdd(w1, factor, a1);
            factor = Vector512.Create(xb[k]);
            b0 = Vector512.FusedMultiplyAdd(w0, factor, b0);
            b1 = Vector512.FusedMultiplyAdd(w1, factor, b1);
            factor = Vector512.Create(xc[k]);
            c0 = Vector512.FusedMultiplyAdd(w0, factor, c0);
            c1 = Vector512.FusedMultiplyAdd(w1, factor, c1);
            factor = Vector512.Create(xd[k]);
            d0 = Vector512.FusedMultiplyAdd(w0, factor, d0);
            d1 = Vector512.FusedMultiplyAdd(w1, factor, d1);
            w += size;
            v += size;
        }
        a0.Store(y + rows.A * outputs + first);
        a1.Store(y + rows.A * outputs + second);
        b0.Store(y + rows.B * outputs + first);
        b1.Store(y + rows.B * outputs + second);
        c0.Store(y + rows.C * outputs + first);
        c1.Store(y + rows.C * outputs + second);
        d0.Store(y + rows.D * outputs + first);
        d1.Store(y + rows.D * outputs + second);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EightByOne(Rows4 upper, Rows4 lower, float* x, float* w, float* b, float* y, int inputs, int outputs)
    {
        int size = Vector512<float>.Count;
        float* xa = x + upper.A * inputs, xb = x + upper.B * inputs, xc = x + upper.C * inputs, xd = x + upper.D * inputs;
        float* xe = x + lower.A * inputs, xf = x + lower.B * inputs, xg = x + lower.C * inputs, xh = x + lower.D * inputs;
        var a0 = Vector512.Load(b);
        Vector512<float> b0 = a0, c0 = a0, d0 = a0, e0 = a0, f0 = a0, g0 = a0, h0 = a0;
        for (int k = 0; k < inputs; k++, w += size)
        {
            var w0 = Vector512.Load(w);
            a0 = Vector512.FusedMultiplyAdd(w0, Vector512.Create(xa[k]), a0);
            b0 = Vector512.FusedMultiplyAdd(w0, Vector512.Create(xb[k]), b0);
            c0 = Vector512.FusedMultiplyAdd(w0, Vector512.Create(xc[k]), c0);
            d0 = Vector512.FusedMultiplyAdd(w0, Vector512.Create(xd[k]), d0);
            e0 = Vector512.FusedMultiplyAdd(w0, Vector512.Create(xe[k]), e0);
            f0 = Vector512.FusedMultiplyAdd(w0, Vector512.Create(xf[k]), f0);
            g0 = Vector512.FusedMultiplyAdd(w0, Vector512.Create(xg[k]), g0);
            h0 = Vector512.FusedMultiplyAdd(w0, Vector512.Create(xh[k]), h0);
        }
        // In the order of the rows: a narrow layer's vectors reach into the rows behind.
        a0.Store(y + upper.A * outputs);
        b0.Store(y + upper.B * outputs);
        c0.Store(y + upper.C * outputs);
        d0.Store(y + upper.D * outputs);
        e0.Store(y + lower.A * outputs);
        f0.Store(y + lower.B * outputs);
        g0.Store(y + lower.C * outputs);
        h0.Store(y + lower.D * outputs);
    }
}

/// <summary>Shared + Weight · y</summary>
/// <param name="Weight">The weight of what the particles have each, y [particle, row, out].</param>
/// <param name="Shared">What they share, [row, out].</param>
internal sealed record RowSum(double Weight, Tensor Shared);
