using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>Cholesky factors without a wait: LibTorch's own function looks at every matrix, which on a GPU stops whoever launches.</summary>
internal static class CholeskyFactor
{
    /// <summary>L of symmetric = L Lᵀ, [.., d, d]; its determinant is NaN where a matrix is not positive definite, or not finite.</summary>
    public static Tensor OrNaN(Tensor symmetric)
    {
        var (factor, info) = linalg.cholesky_ex(symmetric);
        return factor.masked_fill(info.ne(0).unsqueeze(-1).unsqueeze(-1), double.NaN);
    }

    /// <summary>(L Lᵀ)⁻¹ right, for matrices [.., d, n]: on a GPU LibTorch's own function solves one row after another.</summary>
    public static Tensor Solve(Tensor factor, Tensor right) =>
        linalg.solve_triangular(factor.mT, linalg.solve_triangular(factor, right, upper: false), upper: true);
}
