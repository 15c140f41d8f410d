using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>A Gaussian of every packed step, kept step by step: rows share a covariance for as long as it is the same.</summary>
public sealed class GaussianPath
{
    private readonly IReadOnlyList<GaussianMoments> _steps;

    internal GaussianPath(IReadOnlyList<GaussianMoments> steps) => _steps = steps;

    /// <summary>T, the steps of the longest sequence.</summary>
    public int Steps => _steps.Count;

    /// <summary>Step <paramref name="step"/>, from 0: mean [row, Z], covariance [row, Z, Z] or, shared, [Z, Z].</summary>
    public GaussianMoments this[int step] => _steps[step];

    /// <summary>Means of all steps, packed [S, Z].</summary>
    public Tensor Means() => cat([.. _steps.Select(s => s.Mean)], 0);

    /// <summary>Variances of all steps, packed [S, Z].</summary>
    public Tensor Variances()
    {
        using var scope = NewDisposeScope();
        return cat([.. _steps.Select(s => s.Variance)], 0).MoveToOuterDisposeScope();
    }

    /// <summary>Covariances of all steps, packed [S, Z, Z].</summary>
    public Tensor Covariances()
    {
        using var scope = NewDisposeScope();
        return cat([.. _steps.Select(s => s.Covariance.PerRow(s.Mean.shape[0]))], 0).MoveToOuterDisposeScope();
    }

    /// <summary>The last step of every sequence: mean [B, Z], covariance [B, Z, Z] or, shared, [Z, Z].</summary>
    public GaussianMoments Last()
    {
        using var scope = NewDisposeScope();
        var last = _steps[^1].Alias();
        for (int t = Steps - 2; t >= 0; t--)
            last = last.JoinedBy(_steps[t]);
        return last.MoveToOuterDisposeScope();
    }
}
