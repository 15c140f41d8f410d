using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>exp(A) of small matrices. LibTorch's own chooses its series by each matrix's norm, for which a device has to be waited for.</summary>
internal static class MatrixExponential
{
    /// <summary>What norm a matrix may have at most, by rows or by columns.</summary>
    public const double LargestNorm = 2;

    // Of a quarter of such a matrix sixteen powers of the series leave out 0.5¹⁷/17! = 2e-20 at most.
    private const int Squarings = 2;
    private const double Part = 1.0 / (1 << Squarings);
    private const int Powers = 16;

    private static readonly double[] s_inverseFactorials = InverseFactorials();

    /// <summary>The series in A⁴, with polynomials of degree 3 in A for coefficients (Paterson and Stockmeyer 1973), squared twice.</summary>
    /// <param name="matrices">A, [n, a, a] in float64, of norms up to <see cref="LargestNorm"/>.</param>
    public static Tensor Of(Tensor matrices)
    {
        using var scope = NewDisposeScope();
        var a = matrices * Part;
        var square = a.bmm(a);
        Tensor cube = square.bmm(a), fourth = square.bmm(square);
        var one = eye(matrices.shape[^1], dtype: matrices.dtype, device: matrices.device);
        Tensor Polynomial(int first) => (one * s_inverseFactorials[first]).add(a, s_inverseFactorials[first + 1])
            .add(square, s_inverseFactorials[first + 2]).add(cube, s_inverseFactorials[first + 3]);
        var sum = Polynomial(Powers - 4).add(fourth, s_inverseFactorials[Powers]);
        for (int first = Powers - 8; first >= 0; first -= 4)
            sum = Polynomial(first).baddbmm(sum, fourth);
        for (int i = 0; i < Squarings; i++)
            sum = sum.bmm(sum);
        return sum.MoveToOuterDisposeScope();
    }

    private static double[] InverseFactorials()
    {
        var all = new double[Powers + 1];
        double factorial = 1;
        for (int k = 0; k <= Powers; k++)
        {
            factorial *= Math.Max(1, k);
            all[k] = 1 / factorial;
        }
        return all;
    }
}
