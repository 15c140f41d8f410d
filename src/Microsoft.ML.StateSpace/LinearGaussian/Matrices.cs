using System.Runtime.InteropServices;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>Algebra of small matrices that either all rows share, [a, b], or that every row has its own of, [row, a, b].</summary>
internal static class Matrices
{
    private static readonly double s_log2Pi = Math.Log(2 * Math.PI);

    public static Tensor Transposed(this Tensor matrix) => matrix.transpose(-2, -1);

    public static bool IsShared(this Tensor matrix) => matrix.shape.Length == 2;

    /// <summary>matrix · vector: [a, b] or [row, a, b] and [.., row, b] to [.., row, a].</summary>
    public static Tensor Apply(this Tensor matrix, Tensor vector) => matrix.IsShared()
        ? vector.matmul(matrix.Transposed())
        : matrix.matmul(vector.unsqueeze(-1)).squeeze(-1);

    /// <summary>matrix · inner · matrixᵀ.</summary>
    public static Tensor Sandwich(this Tensor matrix, Tensor inner) => matrix.matmul(inner).matmul(matrix.Transposed());

    /// <summary>½ (matrix + matrixᵀ): rounding makes covariances lopsided, and recursions let that grow.</summary>
    public static Tensor Symmetric(this Tensor matrix) => 0.5 * (matrix + matrix.Transposed());

    /// <summary>I − matrix, square.</summary>
    public static Tensor Complement(this Tensor matrix) =>
        eye(matrix.shape[^1], dtype: matrix.dtype, device: matrix.device) - matrix;

    /// <summary>The sum of the matrices of the first <paramref name="rows"/> rows, which may share one.</summary>
    public static Tensor SumOfRows(this Tensor matrices, long rows) => matrices.IsShared() ? matrices * rows : matrices.narrow(0, 0, rows).sum(dim: 0);

    /// <summary>The matrices of the first rows, when every row has its own.</summary>
    public static Tensor FirstMatrices(this Tensor matrix, long rows) =>
        matrix.IsShared() || matrix.shape[0] == rows ? matrix : matrix.narrow(0, 0, rows);

    /// <summary>A matrix for every row, [row, a, b].</summary>
    public static Tensor PerRow(this Tensor matrix, long rows) => matrix.expand(rows, matrix.shape[^2], matrix.shape[^1]);

    /// <summary>L of symmetric = L Lᵀ. Away from a CPU nobody waits for whether there is one: there it is NaN if not, and so is what becomes of it.</summary>
    /// <exception cref="ArithmeticException">The matrix is on a CPU and not positive definite.</exception>
    public static Tensor Cholesky(this Tensor symmetric, string name, int? step = null)
    {
        if (!symmetric.IsOnHost())
            return CholeskyFactor.OrNaN(symmetric);
        try
        {
            return linalg.cholesky(symmetric);
        }
        catch (ExternalException e)
        {
            throw NoFactor(name, step, e);
        }
    }

    /// <summary>That a matrix is not positive definite.</summary>
    public static ArithmeticException NoFactor(string name, int? step, Exception? inner = null)
    {
        string place = step is null ? "" : $" of step {step}";
        return new($"The {name}{place} has no Cholesky factor: it must be finite and positive definite.", inner);
    }

    /// <summary>L⁻¹ vector: [.., row, d].</summary>
    public static Tensor Whiten(Tensor factor, Tensor vector) => factor.IsShared()
        ? linalg.solve_triangular(factor.Transposed(), vector, upper: true, left: false)
        : linalg.solve_triangular(factor, vector.unsqueeze(-1), upper: false).squeeze(-1);

    /// <summary>log N(error; 0, L Lᵀ) in nats, [.., row].</summary>
    /// <param name="error">[.., row, d]</param>
    /// <param name="factor">L</param>
    /// <param name="dimensions">How many dimensions count, [row]; null: all. The others must have unit variance and error 0.</param>
    public static Tensor LogDensity(Tensor error, Tensor factor, Tensor? dimensions = null) =>
        LogDensity(Whiten(factor, error).square().sum(-1), error.shape[^1], factor, dimensions);

    /// <summary>As above, of the squared length [.., row] of the whitened error.</summary>
    public static Tensor LogDensity(Tensor distance, long size, Tensor factor, Tensor? dimensions) =>
        -0.5 * (dimensions is null ? distance + s_log2Pi * size : distance + s_log2Pi * dimensions)
            - factor.diagonal(0, -2, -1).log().sum(-1);
}
