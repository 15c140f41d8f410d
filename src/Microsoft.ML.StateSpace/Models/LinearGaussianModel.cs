using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>The linear-Gaussian state space model: z_1 ~ N(m₀, P₀), z_t = A z_{t−1} + B u_t + b + N(0, Q), x_t = C z_t + d + N(0, diag r).</summary>
/// <remarks>Its filter, smoother, likelihood and forecasts are exact, whatever is missing. The untrained model has the training
/// data's mean and variance.</remarks>
public sealed record LinearGaussianModel : GenerativeModel
{
    /// <summary>Whether P₀ and Q are diagonal; else full. Default false.</summary>
    public bool DiagonalCovariances { get; init; }

    /// <summary>Whether controls act on the transition, by B. Default false.</summary>
    public bool Controls { get; init; }

    /// <inheritdoc/>
    public override bool ReadsControls => Controls;

    /// <inheritdoc/>
    public override bool IsLinearGaussian => true;

    /// <inheritdoc/>
    public override bool IsRealValued => true;

    /// <inheritdoc/>
    public override bool IsGaussianMarkov => DiagonalCovariances;

    /// <inheritdoc/>
    public override GenerativeModule Create(DataShape data, Initializer initializer) => new LinearGaussianModule(this, data, initializer);
}
