using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>A learned covariance, positive definite whatever a gradient does: D U Uᵀ D, with D = diag(exp ½ v) and U unit lower triangular.</summary>
internal sealed class CovarianceParameter : nn.Module
{
    // exp of anything beyond is no variance of data a float can hold.
    private const double LogVarianceBound = 30;

    private readonly Parameter logVariance;
    private readonly Parameter? mixing;

    /// <summary>Begins diagonal.</summary>
    /// <param name="size">d</param>
    /// <param name="variance">Every component's variance at the start.</param>
    /// <param name="diagonal">Whether it stays diagonal.</param>
    /// <param name="initializer">Makes the parameters.</param>
    public CovarianceParameter(int size, double variance, bool diagonal, Initializer initializer) : base(nameof(CovarianceParameter))
    {
        logVariance = initializer.Constant(size, (float)Math.Log(variance));
        mixing = diagonal ? null : initializer.Identity(size, size);
        RegisterComponents();
    }

    /// <summary>Whether the components are independent.</summary>
    public bool IsDiagonal => mixing is null;

    /// <summary>The variances, [d]; of a diagonal covariance only.</summary>
    public Tensor Variance() => logVariance.clamp(-LogVarianceBound, LogVarianceBound).exp();

    /// <summary>The Cholesky factor D U, [d, d].</summary>
    public Tensor Factor()
    {
        using var scope = NewDisposeScope();
        var scale = (0.5 * logVariance.clamp(-LogVarianceBound, LogVarianceBound)).exp();
        return (mixing is null ? scale.diag_embed() : scale.unsqueeze(-1) * mixing.tril(-1) + scale.diag_embed()).MoveToOuterDisposeScope();
    }

    /// <summary>The covariance, [d, d].</summary>
    public Tensor Covariance()
    {
        using var scope = NewDisposeScope();
        var factor = Factor();
        return factor.matmul(factor.transpose(0, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>Takes the values of a covariance [d, d], positive definite.</summary>
    public void Set(Tensor covariance)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        if (mixing is null)
        {
            logVariance.copy_(covariance.diagonal().log());
            return;
        }
        var factor = linalg.cholesky(covariance);
        var scale = factor.diagonal();
        logVariance.copy_(2 * scale.log());
        mixing.copy_(factor / scale.unsqueeze(-1));
    }
}
