using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>N(mean, covariance) with dependent components: how the recursions pass Gaussians on.</summary>
/// <param name="Mean">[.., row, d]</param>
/// <param name="Covariance">[row, d, d], or [d, d] where all rows share it; symmetric and positive definite.</param>
public sealed record GaussianMoments(Tensor Mean, Tensor Covariance)
{
    /// <summary>The variance of every component, in the shape of the mean.</summary>
    public Tensor Variance => Covariance.diagonal(0, -2, -1).expand_as(Mean);

    /// <summary>The components one by one, as if they were independent; exact for d = 1 and for diagonal covariances.</summary>
    public DiagonalGaussian Marginals() => new(Mean, Variance);

    /// <summary>The same Gaussian by its Cholesky factor, as priors and posteriors have it.</summary>
    /// <exception cref="ArithmeticException">The covariance is not positive definite.</exception>
    public FullGaussian Distribution()
    {
        using var scope = NewDisposeScope();
        var factor = Covariance.Cholesky("covariance");
        return new(Mean.alias().MoveToOuterDisposeScope(), (factor.IsShared() ? factor.PerRow(Mean.shape[^2]) : factor).MoveToOuterDisposeScope());
    }

    /// <summary>log N(<paramref name="x"/>; mean, covariance) in nats, [.., row].</summary>
    /// <exception cref="ArithmeticException">The covariance is not positive definite.</exception>
    public Tensor LogProbability(Tensor x)
    {
        using var scope = NewDisposeScope();
        return Matrices.LogDensity(x - Mean, Covariance.Cholesky("covariance")).MoveToOuterDisposeScope();
    }

    /// <summary>mean + L noise, with L Lᵀ the covariance: a reparameterised draw.</summary>
    /// <param name="noise">Standard normal, [.., row, d].</param>
    /// <exception cref="ArithmeticException">The covariance is not positive definite.</exception>
    public Tensor Sample(Tensor noise)
    {
        using var scope = NewDisposeScope();
        return (Mean + Covariance.Cholesky("covariance").Apply(noise)).MoveToOuterDisposeScope();
    }

    internal GaussianMoments First(long rows) =>
        Mean.shape[0] == rows ? this : new(Mean.narrow(0, 0, rows), Covariance.FirstMatrices(rows));

    // Rows that end here keep what they have, so that from here on covariances differ by row.
    internal GaussianMoments JoinedBy(GaussianMoments all)
    {
        long here = Mean.shape[0], rows = all.Mean.shape[0];
        return here == rows ? this : new(
            cat([Mean, all.Mean.narrow(0, here, rows - here)], 0),
            cat([Covariance.PerRow(here), all.Covariance.PerRow(rows).narrow(0, here, rows - here)], 0));
    }

    internal GaussianMoments OfRows(long rows) => new(Mean.expand(rows, Mean.shape[^1]), Covariance.alias());

    internal GaussianMoments Alias() => new(Mean.alias(), Covariance.alias());

    internal GaussianMoments MoveToOuterDisposeScope() => new(Mean.MoveToOuterDisposeScope(), Covariance.MoveToOuterDisposeScope());
}
