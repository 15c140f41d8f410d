using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.StateSpace.Networks.Rows;

/// <summary>Products of the rows of a block that lies number by number, [number, row]: a vector holds one number of sixteen rows, and no layer is
/// too narrow to fill it.</summary>
/// <remarks>Every output is one chain of fused multiplications and additions, from the bias on through the inputs in order: the bits of
/// <see cref="PanelKernels"/>.</remarks>
internal static unsafe class LaneKernels
{
    /// <summary>Rows of a vector.</summary>
    public const int Lanes = 16;

    /// <summary>Rows of a block: how far apart two numbers of a row lie.</summary>
    public const int Rows = 2 * Lanes;

    /// <summary>Eight outputs of every row.</summary>
    /// <param name="x">[in, <see cref="Rows"/>]</param>
    /// <param name="w">The outputs' weights of the first input; those of the next one come a panel's width behind.</param>
    /// <param name="bias">Theirs.</param>
    /// <param name="y">[8, <see cref="Rows"/>]</param>
    /// <param name="inputs">Numbers of a row of x.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void EightOutputs(float* x, float* w, float* bias, float* y, int inputs)
    {
        Vector512<float> a0 = Vector512.Create(bias[0]), b0 = Vector512.Create(bias[1]), c0 = Vector512.Create(bias[2]), d0 = Vector512.Create(bias[3]), e0 = Vector512.Create(bias[4]), f0 = Vector512.Create(bias[5]), g0 = Vector512.Create(bias[6]), h0 = Vector512.Create(bias[7]);
        Vector512<float> a1 = a0, b1 = b0, c1 = c0, d1 = d0, e1 = e0, f1 = f0, g1 = g0, h1 = h0;
        for (int k = 0; k < inputs; k++, x += Rows, w += PanelKernels.Width)
        {
            Vector512<float> x0 = Vector512.Load(x), x1 = Vector512.Load(x + Lanes), weight = Vector512.Create(w[0]);
            a0 = Vector512.FusedMultiplyAdd(x0, weight, a0);
            a1 = Vector512.FusedMultiplyAdd(x1, weight, a1);
            weight = Vector512.Create(w[1]);
            b0 = Vector512.FusedMultiplyAdd(x0, weight, b0);
            b1 = Vector512.FusedMultiplyAdd(x1, weight, b1);
            weight = Vector512.Create(w[2]);
            c0 = Vector512.FusedMultiplyAdd(x0, weight, c0);
            c1 = Vector512.FusedMultiplyAdd(x1, weight, c1);
            weight = Vector512.Create(w[3]);
            d0 = Vector512.FusedMultiplyAdd(x0, weight, d0);
            d1 = Vector512.FusedMultiplyAdd(x1, weight, d1);
            weight = Vector512.Create(w[4]);
            e0 = Vector512.FusedMultiplyAdd(x0, weight, e0);
            e1 = Vector512.FusedMultiplyAdd(x1, weight, e1);
            weight = Vector512.Create(w[5]);
            f0 = Vector512.FusedMultiplyAdd(x0, weight, f0);
            f1 = Vector512.FusedMultiplyAdd(x1, weight, f1);
            weight = Vector512.Create(w[6]);
            g0 = Vector512.FusedMultiplyAdd(x0, weight, g0);
            g1 = Vector512.FusedMultiplyAdd(x1, weight, g1);
            weight = Vector512.Create(w[7]);
            h0 = Vector512.FusedMultiplyAdd(x0, weight, h0);
            h1 = Vector512.FusedMultiplyAdd(x1, weight, h1);
        }
        Store(y, a0, a1);
        Store(y + Rows, b0, b1);
        Store(y + 2 * Rows, c0, c1);
        Store(y + 3 * Rows, d0, d1);
        Store(y + 4 * Rows, e0, e1);
        Store(y + 5 * Rows, f0, f1);
        Store(y + 6 * Rows, g0, g1);
        Store(y + 7 * Rows, h0, h1);
    }

    /// <summary>Four outputs of every row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FourOutputs(float* x, float* w, float* bias, float* y, int inputs)
    {
        Vector512<float> a0 = Vector512.Create(bias[0]), b0 = Vector512.Create(bias[1]), c0 = Vector512.Create(bias[2]), d0 = Vector512.Create(bias[3]);
        Vector512<float> a1 = a0, b1 = b0, c1 = c0, d1 = d0;
        for (int k = 0; k < inputs; k++, x += Rows, w += PanelKernels.Width)
        {
            Vector512<float> x0 = Vector512.Load(x), x1 = Vector512.Load(x + Lanes), weight = Vector512.Create(w[0]);
            a0 = Vector512.FusedMultiplyAdd(x0, weight, a0);
            a1 = Vector512.FusedMultiplyAdd(x1, weight, a1);
            weight = Vector512.Create(w[1]);
            b0 = Vector512.FusedMultiplyAdd(x0, weight, b0);
            b1 = Vector512.FusedMultiplyAdd(x1, weight, b1);
            weight = Vector512.Create(w[2]);
            c0 = Vector512.FusedMultiplyAdd(x0, weight, c0);
            c1 = Vector512.FusedMultiplyAdd(x1, weight, c1);
            weight = Vector512.Create(w[3]);
            d0 = Vector512.FusedMultiplyAdd(x0, weight, d0);
            d1 = Vector512.FusedMultiplyAdd(x1, weight, d1);
        }
        Store(y, a0, a1);
        Store(y + Rows, b0, b1);
        Store(y + 2 * Rows, c0, c1);
        Store(y + 3 * Rows, d0, d1);
    }

    /// <summary>Four outputs of the first <see cref="Lanes"/> rows: as many sums as a machine with narrower vectors has registers for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FourOutputsOfHalf(float* x, float* w, float* bias, float* y, int inputs)
    {
        Vector512<float> a = Vector512.Create(bias[0]), b = Vector512.Create(bias[1]), c = Vector512.Create(bias[2]), d = Vector512.Create(bias[3]);
        for (int k = 0; k < inputs; k++, x += Rows, w += PanelKernels.Width)
        {
            var rows = Vector512.Load(x);
            a = Vector512.FusedMultiplyAdd(rows, Vector512.Create(w[0]), a);
            b = Vector512.FusedMultiplyAdd(rows, Vector512.Create(w[1]), b);
            c = Vector512.FusedMultiplyAdd(rows, Vector512.Create(w[2]), c);
            d = Vector512.FusedMultiplyAdd(rows, Vector512.Create(w[3]), d);
        }
        a.Store(y);
        b.Store(y + Rows);
        c.Store(y + 2 * Rows);
        d.Store(y + 3 * Rows);
    }

    /// <summary>Two outputs of every row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TwoOutputs(float* x, float* w, float* bias, float* y, int inputs)
    {
        Vector512<float> a0 = Vector512.Create(bias[0]), b0 = Vector512.Create(bias[1]), a1 = a0, b1 = b0;
        for (int k = 0; k < inputs; k++, x += Rows, w += PanelKernels.Width)
        {
            Vector512<float> x0 = Vector512.Load(x), x1 = Vector512.Load(x + Lanes), weight = Vector512.Create(w[0]);
            a0 = Vector512.FusedMultiplyAdd(x0, weight, a0);
            a1 = Vector512.FusedMultiplyAdd(x1, weight, a1);
            weight = Vector512.Create(w[1]);
            b0 = Vector512.FusedMultiplyAdd(x0, weight, b0);
            b1 = Vector512.FusedMultiplyAdd(x1, weight, b1);
        }
        Store(y, a0, a1);
        Store(y + Rows, b0, b1);
    }

    /// <summary>One output of every row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneOutput(float* x, float* w, float* bias, float* y, int inputs)
    {
        Vector512<float> a0 = Vector512.Create(bias[0]), a1 = a0;
        for (int k = 0; k < inputs; k++, x += Rows, w += PanelKernels.Width)
        {
            var weight = Vector512.Create(w[0]);
            a0 = Vector512.FusedMultiplyAdd(Vector512.Load(x), weight, a0);
            a1 = Vector512.FusedMultiplyAdd(Vector512.Load(x + Lanes), weight, a1);
        }
        Store(y, a0, a1);
    }

    /// <summary>y = shared + weight tanh y; the shared numbers are the same for all rows.</summary>
    /// <param name="shared">A number for each of y's.</param>
    /// <param name="weight">The weight.</param>
    /// <param name="y">[·, <see cref="Rows"/>]</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddTanh(ReadOnlySpan<float> shared, float weight, float* y)
    {
        var factor = Vector512.Create(weight);
        for (int k = 0; k < shared.Length; k++, y += Rows)
        {
            var sum = Vector512.Create(shared[k]);
            Store(y, Vector512.FusedMultiplyAdd(RowFunctions.Tanh(Vector512.Load(y)), factor, sum),
                Vector512.FusedMultiplyAdd(RowFunctions.Tanh(Vector512.Load(y + Lanes)), factor, sum));
        }
    }

    /// <summary>to[j, i] = from[i, j]</summary>
    /// <param name="from">Numbers.</param>
    /// <param name="fromStride">How far apart its rows begin.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="toStride">How far apart the rows begin there.</param>
    /// <param name="rows">Rows of <paramref name="from"/>.</param>
    /// <param name="columns">Numbers of each.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* from, int fromStride, float* to, int toStride, int rows, int columns)
    {
        for (int i = 0; i < rows; i += 4)
            for (int j = 0; j < columns; j += 4)
            {
                float* x = from + i * fromStride + j, y = to + j * toStride + i;
                int height = Math.Min(4, rows - i), width = Math.Min(4, columns - j);
                if (Sse.IsSupported && height == 4 && width >= 2)
                {
                    if (width == 4)
                        FourByFour(x, fromStride, y, toStride);
                    else
                        FourByTwo(x, fromStride, y, toStride);
                    if (width == 3)
                        Numbers(x + 2, fromStride, y + 2 * toStride, toStride, 4, 1);
                }
                else if (Sse.IsSupported && height >= 2 && width == 4)
                {
                    TwoByFour(x, fromStride, y, toStride);
                    if (height == 3)
                        Numbers(x + 2 * fromStride, fromStride, y + 2, toStride, 1, 4);
                }
                else
                    Numbers(x, fromStride, y, toStride, height, width);
            }
    }

    private static void Numbers(float* from, int fromStride, float* to, int toStride, int rows, int columns)
    {
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                to[j * toStride + i] = from[i * fromStride + j];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourByFour(float* from, int fromStride, float* to, int toStride)
    {
        Vector128<float> a = Vector128.Load(from), b = Vector128.Load(from + fromStride), c = Vector128.Load(from + 2 * fromStride), d = Vector128.Load(from + 3 * fromStride);
        Vector128<float> ab = Sse.UnpackLow(a, b), cd = Sse.UnpackLow(c, d), abHigh = Sse.UnpackHigh(a, b), cdHigh = Sse.UnpackHigh(c, d);
        Sse.MoveLowToHigh(ab, cd).Store(to);
        Sse.MoveHighToLow(cd, ab).Store(to + toStride);
        Sse.MoveLowToHigh(abHigh, cdHigh).Store(to + 2 * toStride);
        Sse.MoveHighToLow(cdHigh, abHigh).Store(to + 3 * toStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourByTwo(float* from, int fromStride, float* to, int toStride)
    {
        var ab = Sse.LoadHigh(Sse.LoadLow(Vector128<float>.Zero, from), from + fromStride);
        var cd = Sse.LoadHigh(Sse.LoadLow(Vector128<float>.Zero, from + 2 * fromStride), from + 3 * fromStride);
        Sse.Shuffle(ab, cd, 0b10_00_10_00).Store(to);
        Sse.Shuffle(ab, cd, 0b11_01_11_01).Store(to + toStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TwoByFour(float* from, int fromStride, float* to, int toStride)
    {
        Vector128<float> a = Vector128.Load(from), b = Vector128.Load(from + fromStride), low = Sse.UnpackLow(a, b), high = Sse.UnpackHigh(a, b);
        Sse.StoreLow(to, low);
        Sse.StoreHigh(to + toStride, low);
        Sse.StoreLow(to + 2 * toStride, high);
        Sse.StoreHigh(to + 3 * toStride, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, Vector512<float> first, Vector512<float> second)
    {
        first.Store(y);
        second.Store(y + Lanes);
    }
}
