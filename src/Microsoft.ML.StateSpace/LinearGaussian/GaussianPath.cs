using Microsoft.ML.StateSpace.LinearGaussian.Rows;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>A Gaussian of every packed step, kept step by step: rows share a covariance for as long as it is the same.</summary>
public sealed class GaussianPath
{
    // One of the two.
    private readonly IReadOnlyList<GaussianMoments>? _steps;
    private readonly PackedGaussians? _packed;

    internal GaussianPath(IReadOnlyList<GaussianMoments> steps) => _steps = steps;

    internal GaussianPath(PackedGaussians packed) => _packed = packed;

    /// <summary>T, the steps of the longest sequence.</summary>
    public int Steps => _packed?.Covariances.Count ?? _steps!.Count;

    /// <summary>Step <paramref name="step"/>, from 0: mean [row, Z], covariance [row, Z, Z] or, shared, [Z, Z].</summary>
    public GaussianMoments this[int step] => _packed is null ? _steps![step] : new(_packed.MeansOf(step), _packed.Covariances[step]);

    /// <summary>Means of all steps, packed [S, Z].</summary>
    public Tensor Means() => _packed is null ? cat([.. _steps!.Select(s => s.Mean)], 0) : _packed.Means.alias();

    /// <summary>Variances of all steps, packed [S, Z].</summary>
    public Tensor Variances()
    {
        using var scope = NewDisposeScope();
        return (_packed is null ? cat([.. _steps!.Select(s => s.Variance)], 0) : _packed.Covariances.Diagonals()).MoveToOuterDisposeScope();
    }

    /// <summary>Covariances of all steps, packed [S, Z, Z].</summary>
    public Tensor Covariances()
    {
        using var scope = NewDisposeScope();
        return (_packed is null ? cat([.. _steps!.Select(s => s.Covariance.PerRow(s.Mean.shape[0]))], 0) : _packed.Covariances.All())
            .MoveToOuterDisposeScope();
    }

    /// <summary>Σ_s w[s, k] Cov_s over the packed steps, [K, Z, Z] in float64; a covariance that rows share is taken once.</summary>
    /// <param name="weights">w, packed [S, K], in float64.</param>
    internal Tensor WeightedCovariances(Tensor weights)
    {
        if (_packed is not null)
            return _packed.Covariances.WeightedSum(weights);
        using var scope = NewDisposeScope();
        var (factors, covariances) = (new List<Tensor>(), new List<Tensor>());
        long place = 0, size = _steps![0].Mean.shape[1];
        foreach (var step in _steps)
        {
            long rows = step.Mean.shape[0];
            var here = weights.narrow(0, place, rows);
            bool shared = step.Covariance.IsShared();
            factors.Add(shared ? here.sum(dim: 0, keepdim: true) : here);
            covariances.Add(step.Covariance.to(ScalarType.Float64).view(shared ? 1 : rows, size * size));
            place += rows;
        }
        return cat(factors, 0).Transposed().matmul(cat(covariances, 0)).view(weights.shape[1], size, size).MoveToOuterDisposeScope();
    }

    /// <summary>The last step of every sequence: mean [B, Z], covariance [B, Z, Z] or, shared, [Z, Z].</summary>
    public GaussianMoments Last()
    {
        if (_packed is not null)
            return _packed.Last();
        using var scope = NewDisposeScope();
        var last = _steps![^1].Alias();
        for (int t = Steps - 2; t >= 0; t--)
            last = last.JoinedBy(_steps[t]);
        return last.MoveToOuterDisposeScope();
    }

    /// <summary>How many rows run at a step.</summary>
    internal long Rows(int step) => _packed?.Covariances.Rows(step) ?? _steps![step].Mean.shape[0];
}
