using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>y | x ~ N(Matrix x + Offset, Covariance): a transition, an emission, or a proposal of either.</summary>
/// <param name="Matrix">[row, y, x], or [y, x] where all rows share it.</param>
/// <param name="Offset">[row, y], or [y] where all rows share it.</param>
/// <param name="Covariance">[row, y, y], or [y, y] where all rows share it; symmetric and positive definite.</param>
public sealed record AffineGaussian(Tensor Matrix, Tensor Offset, Tensor Covariance)
{
    /// <summary>An affine Gaussian with independent components.</summary>
    /// <param name="matrix">[row, y, x] or [y, x]</param>
    /// <param name="offset">[row, y] or [y]</param>
    /// <param name="variance">[row, y] or [y], above 0</param>
    public static AffineGaussian Independent(Tensor matrix, Tensor offset, Tensor variance) => new(matrix, offset, variance.diag_embed());

    /// <summary>p(y | x), <paramref name="x"/> of [.., row, x].</summary>
    public GaussianMoments At(Tensor x) => new(Matrix.Apply(x) + Offset, Covariance);

    /// <summary>p(y) when x ~ <paramref name="x"/>.</summary>
    public GaussianMoments Marginal(GaussianMoments x) =>
        new(Matrix.Apply(x.Mean) + Offset, (Matrix.Sandwich(x.Covariance) + Covariance).Symmetric());

    internal AffineGaussian PerRow(long rows) => new(Matrix.PerRow(rows), Offset, Covariance.PerRow(rows));

    internal AffineGaussian Alias() => new(Matrix.alias(), Offset.alias(), Covariance.alias());

    internal AffineGaussian MoveToOuterDisposeScope() =>
        new(Matrix.MoveToOuterDisposeScope(), Offset.MoveToOuterDisposeScope(), Covariance.MoveToOuterDisposeScope());

    // A dimension that is not observed gets a row of zeros and noise of its own with variance 1: it tells nothing of the
    // state, and its factor of the determinant is 1.
    internal AffineGaussian Where(Tensor? observed)
    {
        if (observed is null)
            return this;
        var pairs = observed.unsqueeze(-1) * observed.unsqueeze(-2);
        return new(Matrix * observed.unsqueeze(-1), Offset, Covariance * pairs + (1 - observed).diag_embed());
    }
}
