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
    // What is doubled more often is beyond any float.
    private const int MostDoublings = 100;

    /// <summary>All three by one exponential of a block matrix (Van Loan 1978), differentiable in F and L Lᵀ.</summary>
    /// <remarks>The block matrix holds −F beside F, so that over a long gap one of them grows beyond all floats. It is therefore taken
    /// of each gap halved k times, until F Δ/2ᵏ is at most 1 (no oftener: doubling doubles rounding too), and the results are doubled
    /// k times, which only adds what is positive.</remarks>
    /// <param name="drift">F, [Z, Z].</param>
    /// <param name="diffusion">L Lᵀ, [Z, Z].</param>
    /// <param name="gaps">Δ, at least 0, the longest first.</param>
    /// <param name="withInput">Whether Γ is wanted.</param>
    /// <param name="sizes">What <see cref="Sizes"/> gave; empty: not asked for yet.</param>
    public static Discretisation Of(Tensor drift, Tensor diffusion, IReadOnlyList<double> gaps, bool withInput, ReadOnlySpan<double> sizes = default)
    {
        using var scope = NewDisposeScope();
        if (sizes.IsEmpty)
            sizes = Sizes(drift, diffusion).cpu().data<double>().ToArray();
        double norm = sizes[0], noise = sizes[1];
        int[] doublings = [.. gaps.Select(gap => Doublings(norm * gap))];
        long size = drift.shape[0];
        // [[−F, L Lᵀ, 0], [0, Fᵀ, I], [0, 0, 0]] has the exponential [[·, Φ⁻¹Q, ·], [0, Φᵀ, Γᵀ], [0, 0, I]]. Q is linear in L Lᵀ and Γ in I,
        // which are therefore brought to the size of F, and back afterwards.
        double unit = norm > 0 ? norm : 1;
        var none = zeros_like(drift);
        var top = new[] { -drift, diffusion * (unit / noise) };
        var middle = new[] { none, drift.Transposed() };
        var blocks = !withInput ? cat([cat(top, 1), cat(middle, 1)], 0)
            : cat([cat([.. top, none], 1), cat([.. middle, unit * eye(size, dtype: drift.dtype, device: drift.device)], 1), cat([none, none, none], 1)], 0);
        var parts = tensor([.. gaps.Zip(doublings, (gap, k) => Math.ScaleB(gap, -k))]).SendTo(drift.device, drift.dtype);
        var exponential = linalg.matrix_exp(blocks * parts.view(-1, 1, 1));
        Tensor Block(int row, int column) => exponential.narrow(1, row * size, size).narrow(2, column * size, size);
        var transition = Block(1, 1).Transposed();
        var covariance = (transition.matmul(Block(0, 1)) * (noise / unit)).Symmetric();
        var result = new Discretisation(transition, covariance, withInput ? Block(1, 2).Transposed() / unit : null);
        for (int i = 0; i < doublings[0]; i++)
            result = result.Doubled(doublings.Count(k => k > i));
        return result.Map(part => part.MoveToOuterDisposeScope());
    }

    // The first so many over twice the time, the others as they are.
    private Discretisation Doubled(long count)
    {
        var half = Map(part => part.narrow(0, 0, count));
        var whole = new Discretisation(half.Transition.matmul(half.Transition),
            (half.Transition.Sandwich(half.Covariance) + half.Covariance).Symmetric(),
            half.Input is null ? null : half.Input + half.Transition.matmul(half.Input));
        long rest = Transition.shape[0] - count;
        Tensor Joined(Tensor doubled, Tensor all) => rest == 0 ? doubled : cat([doubled, all.narrow(0, count, rest)], 0);
        return new(Joined(whole.Transition, Transition), Joined(whole.Covariance, Covariance), Input is null ? null : Joined(whole.Input!, Input));
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

    private static int Doublings(double size) => size > 1 ? (int)Math.Min(MostDoublings, Math.Ceiling(Math.Log2(size))) : 0;

    /// <summary>Of matrices in float64 the larger of the greatest sums of a row's and of a column's absolute values, [2], where they are: to be read
    /// together with whatever else is waited for.</summary>
    public static Tensor Sizes(Tensor drift, Tensor diffusion)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var both = stack([drift, diffusion], 0).abs();
        return both.sum(dim: 1).amax([1]).maximum(both.sum(dim: 2).amax([1])).MoveToOuterDisposeScope();
    }
}
