using Microsoft.ML.StateSpace.LinearGaussian;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>A linear-Gaussian system whose state is a free part and a trigonometric season (Harvey 1989, section 2.3).</summary>
/// <remarks>
/// <para>The free part is any linear-Gaussian process; controls act on it. Each harmonic is a pair that turns by its fixed angle every step,
/// with isotropic noise by which the season changes. Observations read both parts by free weights, so that every dimension has amplitudes
/// and phases of its own. Tensors are in float64.</para>
/// </remarks>
/// <param name="Free">Size of the free part.</param>
/// <param name="Frequencies">Turns per step of each harmonic.</param>
internal sealed record SeasonalSystem(int Free, IReadOnlyList<double> Frequencies)
{
    private static readonly ExpectationMaximizationOptions s_step = new();

    // Of the noise that changes a season, per step; a pair begins with a variance of ½ in each part.
    private const double LeastSeasonalVariance = 1e-9;

    /// <summary>Z</summary>
    public int LatentSize => Free + 2 * Frequencies.Count;

    /// <summary>The frequencies of several seasons' first harmonics, each once.</summary>
    /// <param name="seasons">Steps of each season, above 1.</param>
    /// <param name="harmonics">Of each season at most; none is faster than two steps a turn.</param>
    public static double[] FrequenciesOf(IEnumerable<int> seasons, int harmonics) =>
        [.. seasons.SelectMany(m => Enumerable.Range(1, Math.Min(harmonics, m / 2)).Select(k => (double)k / m)).DistinctBy(f => Math.Round(f, 12)).Order()];

    /// <summary>The rotation of all pairs, [2K, 2K].</summary>
    public Tensor Rotation()
    {
        int size = LatentSize - Free;
        var values = new double[size * size];
        for (int k = 0; k < Frequencies.Count; k++)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * Frequencies[k]);
            int first = 2 * k * size + 2 * k;
            (values[first], values[first + 1], values[first + size], values[first + size + 1]) = (cos, sin, -sin, cos);
        }
        return tensor(values, [size, size]);
    }

    /// <summary>Square matrices of both parts side by side.</summary>
    public static Tensor Blocks(Tensor free, Tensor season)
    {
        long f = free.shape[0], s = season.shape[0];
        return cat([nn.functional.pad(free, [0, s]), nn.functional.pad(season, [f, 0])], 0);
    }

    /// <summary>The likeliest parameters of this form under the statistics; the start stays as it is.</summary>
    /// <remarks>The parts' noises are independent, so that each part is a regression of its own, on sums the statistics hold.</remarks>
    public LinearGaussianParameters Maximize(LinearGaussianParameters previous, LinearGaussianStatistics statistics)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var moves = statistics.Transition;
        long size = LatentSize, width = moves.Cross.shape[1], more = width - size;
        var free = arange(Free, ScalarType.Int64);
        var regressors = cat([free, arange(size, width, 1, ScalarType.Int64)], 0);
        var (weights, noise) = ExpectationMaximizationStep.Regress(new RegressionStatistics(moves.Count, Among(moves.Target, free, free),
            Among(moves.Cross, free, regressors), Among(moves.Regressor, regressors, regressors)), s_step, diagonal: false);
        var rotation = Rotation();
        var turned = nn.functional.pad(weights.narrow(1, Free, more), [0, 0, 0, size - Free]);
        var result = previous with
        {
            Transition = Blocks(weights.narrow(1, 0, Free), rotation),
            Control = previous.Control is null ? null : turned.narrow(1, 0, more - 1),
            TransitionOffset = turned.select(1, more - 1),
            TransitionCovariance = Blocks(noise, SeasonalNoise(moves, rotation)),
        };
        result = ExpectationMaximizationStep.WithEmission(result, statistics.Emission, s_step);
        return result.Own().MoveToOuterDisposeScope();
    }

    /// <summary>The parameters with p(z_1) as the mean over all training steps of p(z_t | x): a sequence may begin at any of them.</summary>
    public LinearGaussianParameters StartingAnywhere(LinearGaussianParameters parameters, LinearGaussianStatistics statistics)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var moves = statistics.Transition;
        long size = LatentSize, last = moves.Regressor.shape[0] - 1;
        var second = moves.Regressor.narrow(0, 0, size).narrow(1, 0, size) / moves.Count;
        // A season's phase is not known: its mean is 0.
        var mean = moves.Regressor.select(0, last).narrow(0, 0, size) / moves.Count;
        mean = cat([mean.narrow(0, 0, Free), zeros([size - Free], ScalarType.Float64)], 0);
        var covariance = (second - mean.unsqueeze(1).matmul(mean.unsqueeze(0))).Symmetric() + 1e-9 * eye(size, dtype: ScalarType.Float64);
        return (parameters with { InitialMean = mean, InitialCovariance = covariance }).Own().MoveToOuterDisposeScope();
    }

    // q of pair k: the mean of ½ |z_t − R z_{t−1}|² over its two parts.
    private Tensor SeasonalNoise(RegressionStatistics moves, Tensor rotation)
    {
        int size = LatentSize - Free;
        var turns = moves.Cross.narrow(0, Free, size).narrow(1, Free, size).matmul(rotation.Transposed());
        var past = rotation.Sandwich(moves.Regressor.narrow(0, Free, size).narrow(1, Free, size));
        var rest = (moves.Target.narrow(0, Free, size).narrow(1, Free, size) - turns - turns.Transposed() + past).diagonal(0, 0, 1) / moves.Count;
        var pairs = rest.view(Frequencies.Count, 2).mean([1], keepdim: true).clamp_min(LeastSeasonalVariance);
        return pairs.expand(Frequencies.Count, 2).flatten().diag_embed();
    }

    private static Tensor Among(Tensor matrix, Tensor rows, Tensor columns) => matrix.index_select(0, rows).index_select(1, columns);
}

/// <summary>Parameters as tensors of their own.</summary>
internal static class OwnedParameters
{
    /// <summary>Copies that share nothing.</summary>
    public static LinearGaussianParameters Own(this LinearGaussianParameters parameters) => parameters.Map(t => t.clone());

    /// <summary>Copies that no scope disposes of.</summary>
    public static LinearGaussianParameters Detached(this LinearGaussianParameters parameters) => parameters.Map(t => t.clone().DetachFromDisposeScope());

    /// <summary>Gives the tensors back.</summary>
    public static void Dispose(this LinearGaussianParameters parameters) => parameters.Map(t =>
    {
        t.Dispose();
        return t;
    });

    private static LinearGaussianParameters Map(this LinearGaussianParameters p, Func<Tensor, Tensor> map) => new(map(p.InitialMean), map(p.InitialCovariance),
        map(p.Transition), map(p.TransitionOffset), map(p.TransitionCovariance), map(p.Emission), map(p.EmissionOffset), map(p.EmissionVariance),
        p.Control is null ? null : map(p.Control));
}
