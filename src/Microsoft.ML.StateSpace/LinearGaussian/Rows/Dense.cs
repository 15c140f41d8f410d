using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian.Rows;

/// <summary>Algebra of small matrices in plain float64, row by row. Every sum runs in one order, whatever the machine's vectors.</summary>
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
        int m = b.Length / k;
        result.Clear();
        for (int i = 0; i < a.Length / k; i++)
            for (int j = 0; j < k; j++)
                AddScaled(a[i * k + j], b.Slice(j * m, m), result.Slice(i * m, m));
    }

    /// <summary>result = a bᵀ: [n, k], [m, k].</summary>
    public static void ProductWithTransposed(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int k, Span<double> result)
    {
        int m = b.Length / k;
        for (int i = 0; i < a.Length / k; i++)
            for (int j = 0; j < m; j++)
                result[i * m + j] = Dot(a.Slice(i * k, k), b.Slice(j * k, k));
    }

    /// <summary>result = a inner aᵀ: [n, k], [k, k].</summary>
    /// <param name="a">[n, k]</param>
    /// <param name="inner">[k, k]</param>
    /// <param name="k">k</param>
    /// <param name="between">Room for [n, k].</param>
    /// <param name="result">[n, n]</param>
    public static void Sandwich(ReadOnlySpan<double> a, ReadOnlySpan<double> inner, int k, Span<double> between, Span<double> result)
    {
        Product(a, inner, k, between);
        ProductWithTransposed(between, a, k, result);
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

    /// <summary>L⁻¹ b in place of b, [n, m].</summary>
    public static void SolveLower(ReadOnlySpan<double> factor, int n, Span<double> b)
    {
        int m = b.Length / n;
        for (int i = 0; i < n; i++)
        {
            var row = b.Slice(i * m, m);
            for (int k = 0; k < i; k++)
                AddScaled(-factor[i * n + k], b.Slice(k * m, m), row);
            Divide(row, factor[i * n + i]);
        }
    }

    /// <summary>L⁻ᵀ b in place of b, [n, m].</summary>
    public static void SolveTransposed(ReadOnlySpan<double> factor, int n, Span<double> b)
    {
        int m = b.Length / n;
        for (int i = n - 1; i >= 0; i--)
        {
            var row = b.Slice(i * m, m);
            for (int k = i + 1; k < n; k++)
                AddScaled(-factor[k * n + i], b.Slice(k * m, m), row);
            Divide(row, factor[i * n + i]);
        }
    }

    private static void Divide(Span<double> numbers, double by)
    {
        foreach (ref double number in numbers)
            number /= by;
    }
}
