using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian.Rows;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>p(z_t | x_1 … x_T) of every packed step.</summary>
/// <param name="States">Means and covariances.</param>
/// <param name="LagOne">Cov[z_t, z_{t−1} | x_1 … x_T]; entry t − 1 is that of step t: [row, Z, Z] or, shared, [Z, Z].</param>
public sealed record SmoothedStates(GaussianPath States, IReadOnlyList<Tensor> LagOne)
{
    /// <summary>The lag-one covariances of every step but the first, packed [S − B, Z, Z].</summary>
    public Tensor LagOneCovariances()
    {
        if (LagOne is PackedMatrices packed)
            return packed.All();
        using var scope = NewDisposeScope();
        var first = States[0].Mean;
        return (LagOne.Count == 0
            ? zeros([0, first.shape[1], first.shape[1]], first.dtype, first.device)
            : cat([.. LagOne.Select((c, i) => c.PerRow(States[i + 1].Mean.shape[0]))], 0)).MoveToOuterDisposeScope();
    }

    /// <summary>The sum of the lag-one covariances of every step but the first, [Z, Z] in float64.</summary>
    internal Tensor LagOneSum()
    {
        using var scope = NewDisposeScope();
        var steps = States.Means();
        if (LagOne is PackedMatrices packed)
            return packed.WeightedSum(ones([steps.shape[0] - States.Rows(0), 1], ScalarType.Float64)).squeeze(0).MoveToOuterDisposeScope();
        var sum = zeros([steps.shape[1], steps.shape[1]], ScalarType.Float64, steps.device);
        for (int i = 0; i < LagOne.Count; i++)
            sum = sum + LagOne[i].to(ScalarType.Float64).SumOfRows(States.Rows(i + 1));
        return sum.MoveToOuterDisposeScope();
    }
}

/// <summary>The Rauch-Tung-Striebel smoother (1965); after an unscented filter it is the unscented one (Särkkä 2008).</summary>
/// <remarks>P_s = (I − G A) P (I − G A)ᵀ + G (P_s' + Q) Gᵀ, a sum of positive definite matrices.</remarks>
public static class RtsSmoother
{
    /// <summary>Smooths what a filter found.</summary>
    /// <exception cref="ArithmeticException">A predicted covariance is not positive definite; the message names the step.</exception>
    public static SmoothedStates Run(FilteredStates filter)
    {
        if (filter.Rows is { } rows)
            return RowSmoother.Run(rows);
        int steps = filter.Filtered.Steps;
        var smoothed = new GaussianMoments[steps];
        var lagOne = new Tensor[steps - 1];
        smoothed[^1] = filter.Filtered[steps - 1].Alias();
        for (int t = steps - 2; t >= 0; t--)
        {
            using var scope = NewDisposeScope();
            var all = filter.Filtered[t];
            var now = all.First(smoothed[t + 1].Mean.shape[0]);
            var (state, lag) = Step(now, filter.Transitions[t], filter.Predicted[t + 1], smoothed[t + 1], t);
            smoothed[t] = state.JoinedBy(all).MoveToOuterDisposeScope();
            lagOne[t] = lag.MoveToOuterDisposeScope();
        }
        return new SmoothedStates(new(smoothed), lagOne);
    }

    private static (GaussianMoments State, Tensor LagOne) Step(GaussianMoments filtered, AffineGaussian transition,
        GaussianMoments predicted, GaussianMoments next, int step)
    {
        var factor = predicted.Covariance.Cholesky("predicted covariance", step + 1);
        var gain = CholeskyFactor.Solve(factor, transition.Matrix.matmul(filtered.Covariance)).Transposed();
        var rest = gain.matmul(transition.Matrix).Complement();
        var covariance = rest.Sandwich(filtered.Covariance) + gain.Sandwich(next.Covariance + transition.Covariance);
        return (new(filtered.Mean + gain.Apply(next.Mean - predicted.Mean), covariance.Symmetric()),
            next.Covariance.matmul(gain.Transposed()));
    }
}
