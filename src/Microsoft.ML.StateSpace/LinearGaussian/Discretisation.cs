using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>dz = (F z + v) dt + L dW over gaps of time Δ, v held: z(τ + Δ) = Φ z(τ) + Γ v + N(0, Q) with Φ = exp(F Δ),
/// Γ = ∫₀^Δ exp(F s) ds, Q = ∫₀^Δ exp(F s) L Lᵀ exp(F s)ᵀ ds.</summary>
/// <param name="Transition">Φ, [n, Z, Z], or [Z, Z] of one gap.</param>
/// <param name="Covariance">Q, likewise.</param>
/// <param name="Input">Γ, likewise; null where it was not asked for.</param>
internal sealed record Discretisation(Tensor Transition, Tensor Covariance, Tensor? Input)
{
    /// <summary>All three by one exponential of a block matrix (Van Loan 1978), differentiable in F and L Lᵀ.</summary>
    /// <remarks>The block matrix holds −F beside F, so that over a long gap one of them grows beyond all floats. It is therefore taken
    /// of each gap halved k times, until F Δ/2ᵏ is at most 1 (no oftener: doubling doubles rounding too), and the results are doubled
    /// k times, which only adds what is positive. All are NaN where F Δ is beyond what <see cref="GapHalvings"/> counts to.</remarks>
    /// <param name="drift">F, [Z, Z] in float64.</param>
    /// <param name="diffusion">L Lᵀ, [Z, Z] in float64.</param>
    /// <param name="gaps">Δ, at least 0, the longest first.</param>
    /// <param name="withInput">Whether Γ is wanted.</param>
    /// <param name="looks">Whether the size of F is looked at, for which a device is waited for; null: on a CPU.</param>
    public static Discretisation Of(Tensor drift, Tensor diffusion, IReadOnlyList<double> gaps, bool withInput, bool? looks = null)
    {
        using var scope = NewDisposeScope();
        Tensor norm = Size(drift), noise = Size(diffusion);
        var halvings = GapHalvings.Of(gaps, norm, looks ?? drift.IsOnHost());
        long size = drift.shape[0];
        // [[−F, L Lᵀ, 0], [0, Fᵀ, I], [0, 0, 0]] has the exponential [[·, Φ⁻¹Q, ·], [0, Φᵀ, Γᵀ], [0, 0, I]]. Q is linear in L Lᵀ and Γ in I,
        // which are therefore brought to the size of F, and back afterwards.
        var unit = where(norm.gt(0), norm, ones_like(norm));
        var none = zeros_like(drift);
        var top = new[] { -drift, diffusion * (unit / noise) };
        var middle = new[] { none, drift.Transposed() };
        var blocks = !withInput ? cat([cat(top, 1), cat(middle, 1)], 0)
            : cat([cat([.. top, none], 1), cat([.. middle, unit * eye(size, dtype: drift.dtype, device: drift.device)], 1), cat([none, none, none], 1)], 0);
        var exponential = MatrixExponential.Of(blocks * halvings.Parts.view(-1, 1, 1));
        Tensor Block(int row, int column) => exponential.narrow(1, row * size, size).narrow(2, column * size, size);
        var transition = Block(1, 1).Transposed();
        var covariance = (transition.matmul(Block(0, 1)) * (noise / unit)).Symmetric();
        var result = new Discretisation(transition, covariance, withInput ? Block(1, 2).Transposed() / unit : null);
        for (int i = 0; i < halvings.MostDoublings; i++)
            result = result.Doubled(halvings.Longest(i), halvings.Doubled(i));
        return result.Map(part => part.MoveToOuterDisposeScope());
    }

    // The first so many over twice the time, or those of them that are to be; the others as they are.
    private Discretisation Doubled(long count, Tensor? only)
    {
        var half = Map(part => part.narrow(0, 0, count));
        var whole = new Discretisation(half.Transition.matmul(half.Transition),
            (half.Transition.Sandwich(half.Covariance) + half.Covariance).Symmetric(),
            half.Input is null ? null : half.Input + half.Transition.matmul(half.Input));
        long rest = Transition.shape[0] - count;
        Tensor Joined(Tensor doubled, Tensor half, Tensor all)
        {
            var first = only is null ? doubled : where(only, doubled, half);
            return rest == 0 ? first : cat([first, all.narrow(0, count, rest)], 0);
        }
        return new(Joined(whole.Transition, half.Transition, Transition), Joined(whole.Covariance, half.Covariance, Covariance),
            Input is null ? null : Joined(whole.Input!, half.Input!, Input));
    }

    /// <summary>Every part changed in the same way.</summary>
    public Discretisation Map(Func<Tensor, Tensor> change) => new(change(Transition), change(Covariance), Input is null ? null : change(Input));

    /// <summary>Neighbouring rows apart, in order: their gradients come together by one concatenation.</summary>
    /// <param name="counts">How many go together.</param>
    public Discretisation[] Split(IReadOnlyList<int> counts)
    {
        long[] sizes = [.. counts.Select(count => (long)count)];
        Tensor[] transitions = Transition.split(sizes, 0), covariances = Covariance.split(sizes, 0);
        var inputs = Input?.split(sizes, 0);
        return [.. sizes.Select((_, i) => new Discretisation(transitions[i], covariances[i], inputs?[i]))];
    }

    // The larger of the greatest sums of a row's and of a column's absolute values.
    private static Tensor Size(Tensor matrix)
    {
        using var guard = no_grad();
        var numbers = matrix.abs();
        return numbers.sum(dim: 0).amax().maximum(numbers.sum(dim: 1).amax());
    }
}
