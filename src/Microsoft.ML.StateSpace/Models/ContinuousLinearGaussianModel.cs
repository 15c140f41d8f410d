using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>The linear-Gaussian state space model in continuous time, for steps at any times: z(τ₁) ~ N(m₀, P₀),
/// dz = (F z + B u) dt + L dW, x_t = C z(τ_t) + d + N(0, diag r).</summary>
/// <remarks>
/// <para>Over a gap Δ the state moves exactly as by z_t = Φ z_{t−1} + Γ B u_t + N(0, Q), Φ = exp(F Δ), Γ = ∫₀^Δ exp(F s) ds and
/// Q = ∫₀^Δ exp(F s) L Lᵀ exp(F s)ᵀ ds by one block matrix exponential (Van Loan 1978); <c>Controls[t]</c> holds from τ_{t−1} to τ_t.
/// So filter, smoother, likelihood and forecasts are exact whatever is missing, and a step at which nothing is observed changes nothing.</para>
/// <para>Time is measured in the training data's mean gap where the trainer standardises. Steps that are less than a millionth of the
/// unit apart are taken to be that far apart. Learned by gradient.</para>
/// </remarks>
public sealed record ContinuousLinearGaussianModel : GenerativeModel
{
    /// <summary>Whether F = K − Kᵀ − D with D positive definite, which no gap can blow up, and which has every stable system among its
    /// forms; else F is any matrix. Default true.</summary>
    public bool Stable { get; init; } = true;

    /// <summary>Whether P₀ and L Lᵀ are diagonal; else full. Default false.</summary>
    public bool DiagonalCovariances { get; init; }

    /// <summary>Whether controls act on the state, by B. Default false.</summary>
    public bool Controls { get; init; }

    /// <inheritdoc/>
    public override bool ReadsControls => Controls;

    /// <inheritdoc/>
    public override bool ReadsTimes => true;

    /// <inheritdoc/>
    public override bool IsLinearGaussian => true;

    /// <inheritdoc/>
    public override bool IsRealValued => true;

    /// <inheritdoc/>
    public override GenerativeModule Create(DataShape data, Initializer initializer) => new ContinuousLinearGaussianModule(this, data, initializer);
}
