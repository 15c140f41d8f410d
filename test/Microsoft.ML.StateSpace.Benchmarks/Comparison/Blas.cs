using System.Runtime.InteropServices;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Matrix products of the system's BLAS, the one that Debian's LibTorch calls, without LibTorch around them.</summary>
internal static partial class Blas
{
    private const string Library = "libblas.so.3";
    private const int RowMajor = 101, NotTransposed = 111, Transposed = 112;

    /// <summary>Whether there is such a library.</summary>
    public static bool IsThere => NativeLibrary.TryLoad(Library, out _);

    /// <summary>c [m, n] = a [m, k] · bᵀ, b being [n, k].</summary>
    public static void TimesTransposed(int m, int n, int k, ref float a, ref float b, ref float c) =>
        Multiply(RowMajor, NotTransposed, Transposed, m, n, k, 1, ref a, k, ref b, k, 0, ref c, n);

    /// <summary>c [m, n] = a [m, k] · b [k, n].</summary>
    public static void Times(int m, int n, int k, ref float a, ref float b, ref float c) =>
        Multiply(RowMajor, NotTransposed, NotTransposed, m, n, k, 1, ref a, k, ref b, n, 0, ref c, n);

    /// <summary>c [m, n] = aᵀ · b, a being [k, m] and b [k, n].</summary>
    public static void TransposedTimes(int m, int n, int k, ref float a, ref float b, ref float c) =>
        Multiply(RowMajor, Transposed, NotTransposed, m, n, k, 1, ref a, m, ref b, n, 0, ref c, n);

    [LibraryImport(Library, EntryPoint = "cblas_sgemm")]
    private static partial void Multiply(int order, int transposeA, int transposeB, int m, int n, int k,
        float alpha, ref float a, int strideA, ref float b, int strideB, float beta, ref float c, int strideC);
}
