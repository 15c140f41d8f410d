using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>Where a Gaussian is looked at to see what a function does to it (Julier and Uhlmann 1997, Wan and van der Merwe 2000).</summary>
/// <remarks>2 Z + 1 points, at the mean and at ± α √(Z + κ) columns of the Cholesky factor. With the defaults no weight is
/// negative, so that no covariance can be: for Z ≤ 3 fourth moments are right, beyond it is the cubature rule.</remarks>
public sealed record SigmaPoints
{
    /// <summary>α, the spread. Default 1; small values lose digits, float32 at once.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>β, what is added to the covariance weight of the point at the mean. Default 0.</summary>
    public double Beta { get; init; }

    /// <summary>κ; null, the default: max(0, 3 − Z).</summary>
    public double? Kappa { get; init; }

    /// <summary>What is wrong, sentence by sentence; empty when nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (Alpha is not (> 0 and <= 1))
            yield return $"Alpha is {Alpha}; it must be above 0 and at most 1.";
        if (Beta is not (>= 0 and < double.PositiveInfinity))
            yield return $"Beta is {Beta}; it must be at least 0.";
        if (Kappa is { } kappa and not (>= 0 and < double.PositiveInfinity))
            yield return $"Kappa is {kappa}; it must be at least 0.";
    }

    /// <summary>The affine Gaussian with the same mean, covariance and covariance with z as <paramref name="map"/> has at the points.</summary>
    /// <remarks>Statistical linearisation: filtering with it is the unscented filter. What the affine part does not explain is noise.</remarks>
    internal AffineGaussian Linearize(GaussianMoments state, Func<Tensor, DiagonalGaussian> map, int step)
    {
        long size = state.Mean.shape[^1], rows = state.Mean.shape[0];
        var factor = state.Covariance.Cholesky("covariance of the state", step);
        double spread = Alpha * Math.Sqrt(size + (Kappa ?? Math.Max(0, 3 - size)));
        var columns = spread * factor.PerRow(rows).permute(2, 0, 1);
        var image = map(cat([state.Mean.unsqueeze(0), state.Mean + columns, state.Mean - columns], 0));
        var (meanWeights, covarianceWeights) = Weights(size, spread, state.Mean);
        var mean = (meanWeights * image.Mean).sum(dim: 0);
        var noise = (meanWeights * image.Variance.expand_as(image.Mean)).sum(dim: 0);
        var centred = image.Mean - mean;
        var covariance = (covarianceWeights * centred).permute(1, 2, 0).matmul(centred.transpose(0, 1));
        var slope = (image.Mean.narrow(0, 1, size) - image.Mean.narrow(0, 1 + size, size)).permute(1, 2, 0) / (2 * spread);
        var matrix = linalg.solve_triangular(factor, slope, upper: false, left: false);
        var unexplained = (covariance - slope.matmul(slope.Transposed())).Symmetric();
        return new(matrix, mean - matrix.Apply(state.Mean), unexplained + noise.diag_embed());
    }

    private (Tensor Mean, Tensor Covariance) Weights(long size, double spread, Tensor like)
    {
        double squared = spread * spread, centre = 1 - size / squared;
        var mean = new double[2 * size + 1];
        Array.Fill(mean, 1 / (2 * squared));
        double[] covariance = [.. mean];
        (mean[0], covariance[0]) = (centre, centre + 1 - Alpha * Alpha + Beta);
        Tensor Column(double[] weights) => tensor(weights, [weights.Length, 1, 1]).SendTo(like.device, like.dtype);
        return (Column(mean), Column(covariance));
    }
}
