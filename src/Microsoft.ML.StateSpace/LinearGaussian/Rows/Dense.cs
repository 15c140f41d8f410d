using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian.Rows;

/// <summary>Algebra of small matrices in plain float64, row by row. Every sum runs in one order, whatever the machine's vectors.</summary>
/// <remarks>The inner loops are optimised from their first call on: a short run would end before they were.</remarks>
internal static class Dense
{
    private const int Width = 4;

    /// <summary>The numbers of a tensor that lies on the CPU, in float64 and without gaps.</summary>
    public static Span<double> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, double>(tensor.bytes);

    /// <summary>The numbers of any CPU tensor, row by row.</summary>
    public static double[] Copy(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray();
    }

    /// <summary>y += factor x</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(double factor, ReadOnlySpan<double> x, Span<double> y)
    {
        int i = 0;
        if (y.Length >= Width)
        {
            var factors = Vector256.Create(factor);
            for (; i <= y.Length - Width; i += Width)
                (Vector256.Create(y[i..]) + factors * Vector256.Create(x[i..])).CopyTo(y[i..]);
        }
        for (; i < y.Length; i++)
            y[i] += factor * x[i];
    }

    /// <summary>xᵀ y</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        int i = 0;
        double sum = 0;
        if (x.Length >= Width)
        {
            var sums = Vector256<double>.Zero;
            for (; i <= x.Length - Width; i += Width)
                sums += Vector256.Create(x[i..]) * Vector256.Create(y[i..]);
            var halves = sums.GetLower() + sums.GetUpper();
            sum = halves[0] + halves[1];
        }
        for (; i < x.Length; i++)
            sum += x[i] * y[i];
        return sum;
    }

    /// <summary>result = a b: [n, k], [k, m].</summary>
    public static void Product(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int k, Span<double> result)
    {
        int n = a.Length / k, m = b.Length / k, i = 0;
        for (; i <= n - Width && m >= Width; i += Width)
            for (int j = 0; j < m; j += Width)
                // The last columns are computed with some before them, which changes nothing.
                FourRows(a.Slice(i * k, Width * k), b[Math.Min(j, m - Width)..], k, m, result[(i * m + Math.Min(j, m - Width))..]);
        for (; i < n; i++)
        {
            var row = result.Slice(i * m, m);
            row.Clear();
            for (int j = 0; j < k; j++)
                AddScaled(a[i * k + j], b.Slice(j * m, m), row);
        }
    }

    /// <summary>result = a inner aᵀ: [n, k], [k, k].</summary>
    /// <param name="a">[n, k]</param>
    /// <param name="inner">[k, k]</param>
    /// <param name="k">k</param>
    /// <param name="between">Takes a inner, [n, k].</param>
    /// <param name="transposed">Takes aᵀ, [k, n].</param>
    /// <param name="result">[n, n]</param>
    public static void Sandwich(ReadOnlySpan<double> a, ReadOnlySpan<double> inner, int k, Span<double> between, Span<double> transposed,
        Span<double> result)
    {
        Product(a, inner, k, between);
        Transpose(a, k, transposed);
        Product(between, transposed, k, result);
    }

    /// <summary>result = aᵀ: [n, m] to [m, n].</summary>
    public static void Transpose(ReadOnlySpan<double> a, int m, Span<double> result)
    {
        int n = a.Length / m;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < m; j++)
                result[j * n + i] = a[i * m + j];
    }

    /// <summary>½ (a + aᵀ) in place of a.</summary>
    public static void Symmetrise(Span<double> a, int n)
    {
        for (int i = 1; i < n; i++)
            for (int j = 0; j < i; j++)
                a[i * n + j] = a[j * n + i] = 0.5 * (a[i * n + j] + a[j * n + i]);
    }

    /// <summary>I − a in place of a.</summary>
    public static void Complement(Span<double> a, int n)
    {
        for (int i = 0; i < a.Length; i++)
            a[i] = (i % (n + 1) == 0 ? 1 : 0) - a[i];
    }

    /// <summary>L of a = L Lᵀ in place of a, of which the lower half is read.</summary>
    /// <exception cref="ArithmeticException">The matrix is not positive definite.</exception>
    public static void Cholesky(Span<double> a, int n, string name, int step)
    {
        for (int i = 0; i < n; i++)
        {
            var row = a.Slice(i * n, n);
            for (int j = 0; j < i; j++)
                row[j] = (row[j] - Dot(row[..j], a.Slice(j * n, j))) / a[j * n + j];
            double rest = row[i] - Dot(row[..i], row[..i]);
            if (!(rest > 0 && double.IsFinite(rest)))
                throw Matrices.NoFactor(name, step);
            row[i] = Math.Sqrt(rest);
            row[(i + 1)..].Clear();
        }
    }

    /// <summary>L⁻¹</summary>
    public static void InverseOfLower(ReadOnlySpan<double> factor, int n, Span<double> result)
    {
        result.Clear();
        for (int i = 0; i < n; i++)
        {
            var row = result.Slice(i * n, i + 1);
            row[i] = 1;
            for (int k = 0; k < i; k++)
                AddScaled(-factor[i * n + k], result.Slice(k * n, k + 1), row[..(k + 1)]);
            foreach (ref double number in row)
                number /= factor[i * n + i];
        }
    }

    /// <summary>result = bᵀ L⁻ᵀ L⁻¹, [m, n]: what solves L Lᵀ x = b, transposed.</summary>
    /// <param name="inverse">L⁻¹, [n, n].</param>
    /// <param name="n">n</param>
    /// <param name="b">[n, m]</param>
    /// <param name="half">Takes L⁻¹ b, [n, m].</param>
    /// <param name="transposed">Takes its transpose, [m, n].</param>
    /// <param name="result">[m, n]</param>
    public static void SolveTransposed(ReadOnlySpan<double> inverse, int n, ReadOnlySpan<double> b, Span<double> half, Span<double> transposed,
        Span<double> result)
    {
        Product(inverse, b, n, half);
        Transpose(half, b.Length / n, transposed);
        Product(transposed, inverse, n, result);
    }

    // Four rows of a, [4, k], by four columns of b, which lie m apart, as those of the result do.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int k, int m, Span<double> result)
    {
        Vector256<double> first = default, second = default, third = default, fourth = default;
        for (int j = 0; j < k; j++)
        {
            var columns = Vector256.Create(b.Slice(j * m, Width));
            first += columns * a[j];
            second += columns * a[k + j];
            third += columns * a[2 * k + j];
            fourth += columns * a[3 * k + j];
        }
        first.CopyTo(result);
        second.CopyTo(result[m..]);
        third.CopyTo(result[(2 * m)..]);
        fourth.CopyTo(result[(3 * m)..]);
    }
}
