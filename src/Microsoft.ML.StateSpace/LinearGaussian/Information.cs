using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>What observations say of a state: log p(x | z) = −½ zᵀ J z + zᵀ h + constant.</summary>
/// <param name="Precision">J, [row, Z, Z] or, shared, [Z, Z]; positive semidefinite.</param>
/// <param name="Shift">h, [row, Z].</param>
internal sealed record Information(Tensor Precision, Tensor Shift)
{
    /// <summary>What x_t says of z_t.</summary>
    public static Information Of(AffineGaussian emission, Tensor observation, Tensor? observed, int step)
    {
        var error = observation - emission.Offset;
        if (observed is not null)
            error = error * observed;
        var (matrix, _, noise) = emission.Where(observed);
        var factor = noise.Cholesky("covariance of the emission", step);
        var whitened = linalg.solve_triangular(factor, matrix, upper: false).Transposed();
        return new(whitened.matmul(whitened.Transposed()), whitened.Apply(Matrices.Whiten(factor, error)));
    }

    /// <summary>Adds what later steps say, of the rows that have any.</summary>
    public Information With(Information later)
    {
        long rows = Shift.shape[0], continuing = later.Shift.shape[0];
        if (continuing == rows)
            return new(Precision + later.Precision, Shift + later.Shift);
        long size = Shift.shape[1];
        var none = zeros([rows - continuing, size, size], Shift.dtype, Shift.device);
        return new(Precision + cat([later.Precision.PerRow(continuing), none], 0),
            Shift + cat([later.Shift, none.narrow(1, 0, 1).squeeze(1)], 0));
    }

    /// <summary>p(z_t | z_{t−1}, x), and what the same observations say of z_{t−1}.</summary>
    /// <remarks>With Q = L Lᵀ and W = I + Lᵀ J L, whose eigenvalues are at least 1: V = (Q⁻¹ + J)⁻¹ = L W⁻¹ Lᵀ and
    /// V Q⁻¹ = I − V J, so that neither J nor the state's covariance is ever inverted.</remarks>
    public (AffineGaussian Conditional, Information Before) Absorb(AffineGaussian transition, int step)
    {
        var root = transition.Covariance.Cholesky("covariance of the transition", step);
        var product = root.Transposed().matmul(Precision);
        var factor = (-product.matmul(root)).Complement().Symmetric().Cholesky("posterior precision", step);
        var half = linalg.solve_triangular(factor, root.Transposed(), upper: false);
        var covariance = half.Transposed().matmul(half);
        var shrunk = CholeskyFactor.Solve(factor, product);
        var rest = root.matmul(shrunk).Complement();
        var matrix = rest.matmul(transition.Matrix);
        var conditional = new AffineGaussian(matrix, rest.Apply(transition.Offset) + covariance.Apply(Shift), covariance);
        var inner = shrunk.matmul(transition.Matrix);
        var precision = matrix.Transposed().Sandwich(Precision) + inner.Transposed().matmul(inner);
        return (conditional, new(precision.Symmetric(), matrix.Transposed().Apply(Shift - Precision.Apply(transition.Offset))));
    }

    public Information MoveToOuterDisposeScope() => new(Precision.MoveToOuterDisposeScope(), Shift.MoveToOuterDisposeScope());
}
