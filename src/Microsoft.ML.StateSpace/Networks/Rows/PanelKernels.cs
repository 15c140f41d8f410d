using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>Where four rows begin.</summary>
internal readonly unsafe struct FourRows(float* a, float* b, float* c, float* d)
{
    public readonly float* A = a, B = b, C = c, D = d;

    /// <summary>The same row four times.</summary>
    public FourRows(float* row) : this(row, row, row, row)
    {
    }

    /// <summary>Further columns of the same rows.</summary>
    public FourRows At(long column) => new(A + column, B + column, C + column, D + column);
}

/// <summary>Where six rows begin.</summary>
internal readonly unsafe struct SixRows(FourRows first, float* e, float* f)
{
    public readonly FourRows First = first;
    public readonly float* E = e, F = f;

    /// <summary>The same row six times.</summary>
    public SixRows(float* row) : this(new FourRows(row), row, row)
    {
    }

    /// <summary>Further columns of the same rows.</summary>
    public SixRows At(long column) => new(First.At(column), E + column, F + column);
}

/// <summary>Products of a few rows with a few panels of weights, each of as many outputs as a vector holds: y = start + x W.</summary>
/// <remarks>Twelve sums fill the registers of a machine with vectors of this width. Every output is one chain of fused multiplications and
/// additions, from the start on through the inputs in order. Starts stand side by side; so many floats as a vector holds apart from each other.
/// None becomes part of its callers: of too much in one method the compiler leaves operations as calls.</remarks>
internal static unsafe class PanelKernels
{
    /// <summary>Outputs of a panel.</summary>
    public const int Width = 16;

    /// <summary>Three neighbouring panels, whose outputs begin at columns 0, <paramref name="second"/> and <paramref name="third"/> of y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void FourByThree(FourRows x, FourRows start, FourRows y, float* w, int inputs, int second, int third)
    {
        float* xa = x.A, xb = x.B, xc = x.C, xd = x.D, v = w + (long)inputs * Width, u = v + (long)inputs * Width;
        Vector512<float> a0 = Vector512.Load(start.A), a1 = Vector512.Load(start.A + Width), a2 = Vector512.Load(start.A + 2 * Width);
        Vector512<float> b0 = Vector512.Load(start.B), b1 = Vector512.Load(start.B + Width), b2 = Vector512.Load(start.B + 2 * Width);
        Vector512<float> c0 = Vector512.Load(start.C), c1 = Vector512.Load(start.C + Width), c2 = Vector512.Load(start.C + 2 * Width);
        Vector512<float> d0 = Vector512.Load(start.D), d1 = Vector512.Load(start.D + Width), d2 = Vector512.Load(start.D + 2 * Width);
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
        Store(y.A, second, third, a0, a1, a2);
        Store(y.B, second, third, b0, b1, b2);
        Store(y.C, second, third, c0, c1, c2);
        Store(y.D, second, third, d0, d1, d2);
    }

    /// <summary>Two neighbouring panels, whose outputs begin at columns 0 and <paramref name="second"/> of y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void FourByTwo(FourRows x, FourRows start, FourRows y, float* w, int inputs, int second)
    {
        float* xa = x.A, xb = x.B, xc = x.C, xd = x.D, v = w + (long)inputs * Width;
        Vector512<float> a0 = Vector512.Load(start.A), a1 = Vector512.Load(start.A + Width), b0 = Vector512.Load(start.B), b1 = Vector512.Load(start.B + Width);
        Vector512<float> c0 = Vector512.Load(start.C), c1 = Vector512.Load(start.C + Width), d0 = Vector512.Load(start.D), d1 = Vector512.Load(start.D + Width);
        for (int k = 0; k < inputs; k++, w += Width, v += Width)
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
        }
        a0.Store(y.A);
        a1.Store(y.A + second);
        b0.Store(y.B);
        b1.Store(y.B + second);
        c0.Store(y.C);
        c1.Store(y.C + second);
        d0.Store(y.D);
        d1.Store(y.D + second);
    }

    /// <summary>The first two rows, and six panels whose outputs are neighbours.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void TwoBySix(FourRows x, FourRows start, FourRows y, float* w, int inputs)
    {
        float* xa = x.A, xb = x.B, sa = start.A, sb = start.B;
        long panel = (long)inputs * Width;
        Vector512<float> a0 = Vector512.Load(sa), a1 = Vector512.Load(sa + Width), a2 = Vector512.Load(sa + 2 * Width);
        Vector512<float> a3 = Vector512.Load(sa + 3 * Width), a4 = Vector512.Load(sa + 4 * Width), a5 = Vector512.Load(sa + 5 * Width);
        Vector512<float> b0 = Vector512.Load(sb), b1 = Vector512.Load(sb + Width), b2 = Vector512.Load(sb + 2 * Width);
        Vector512<float> b3 = Vector512.Load(sb + 3 * Width), b4 = Vector512.Load(sb + 4 * Width), b5 = Vector512.Load(sb + 5 * Width);
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
        Store(y.A, Width, 2 * Width, a0, a1, a2);
        Store(y.A + 3 * Width, Width, 2 * Width, a3, a4, a5);
        Store(y.B, Width, 2 * Width, b0, b1, b2);
        Store(y.B + 3 * Width, Width, 2 * Width, b3, b4, b5);
    }

    /// <summary>One panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void FourByOne(FourRows x, FourRows start, FourRows y, float* w, int inputs)
    {
        float* xa = x.A, xb = x.B, xc = x.C, xd = x.D;
        Vector512<float> a = Vector512.Load(start.A), b = Vector512.Load(start.B), c = Vector512.Load(start.C), d = Vector512.Load(start.D);
        for (int k = 0; k < inputs; k++, w += Width)
        {
            var weights = Vector512.Load(w);
            a = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xa[k]), a);
            b = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xb[k]), b);
            c = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xc[k]), c);
            d = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xd[k]), d);
        }
        a.Store(y.A);
        b.Store(y.B);
        c.Store(y.C);
        d.Store(y.D);
    }

    /// <summary>Rows that are best taken next, of so many: six, or four where sixes would leave more of a last block empty.</summary>
    public static int Next(int rows) => rows is < 5 or 7 or 8 ? 4 : 6;

    /// <summary>One panel, and six rows: twelve sums where vectors are half as wide.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void SixByOne(in SixRows x, in SixRows start, in SixRows y, float* w, int inputs)
    {
        float* xa = x.First.A, xb = x.First.B, xc = x.First.C, xd = x.First.D, xe = x.E, xf = x.F;
        Vector512<float> a = Vector512.Load(start.First.A), b = Vector512.Load(start.First.B), c = Vector512.Load(start.First.C);
        Vector512<float> d = Vector512.Load(start.First.D), e = Vector512.Load(start.E), f = Vector512.Load(start.F);
        for (int k = 0; k < inputs; k++, w += Width)
        {
            var weights = Vector512.Load(w);
            a = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xa[k]), a);
            b = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xb[k]), b);
            c = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xc[k]), c);
            d = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xd[k]), d);
            e = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xe[k]), e);
            f = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xf[k]), f);
        }
        a.Store(y.First.A);
        b.Store(y.First.B);
        c.Store(y.First.C);
        d.Store(y.First.D);
        e.Store(y.E);
        f.Store(y.F);
    }

    /// <summary>One panel, and eight rows: a single one of four leaves the machine waiting for its sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void EightByOne(FourRows x, FourRows more, FourRows start, FourRows y, FourRows yMore, float* w, int inputs)
    {
        float* xa = x.A, xb = x.B, xc = x.C, xd = x.D, xe = more.A, xf = more.B, xg = more.C, xh = more.D;
        Vector512<float> a = Vector512.Load(start.A), b = Vector512.Load(start.B), c = Vector512.Load(start.C), d = Vector512.Load(start.D), e = a, f = b, g = c, h = d;
        for (int k = 0; k < inputs; k++, w += Width)
        {
            var weights = Vector512.Load(w);
            a = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xa[k]), a);
            b = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xb[k]), b);
            c = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xc[k]), c);
            d = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xd[k]), d);
            e = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xe[k]), e);
            f = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xf[k]), f);
            g = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xg[k]), g);
            h = Vector512.FusedMultiplyAdd(weights, Vector512.Create(xh[k]), h);
        }
        // In the order of the rows: a narrow layer's vectors reach into the rows behind.
        a.Store(y.A);
        b.Store(y.B);
        c.Store(y.C);
        d.Store(y.D);
        e.Store(yMore.A);
        f.Store(yMore.B);
        g.Store(yMore.C);
        h.Store(yMore.D);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, int second, int third, Vector512<float> a, Vector512<float> b, Vector512<float> c)
    {
        a.Store(y);
        b.Store(y + second);
        c.Store(y + third);
    }
}
