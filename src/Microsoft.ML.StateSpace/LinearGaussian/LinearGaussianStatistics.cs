using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>Second moments of the pairs (target, regressor) under the posterior, summed: all a linear regression needs.</summary>
/// <param name="Count">How many pairs: a scalar, or [D] where every target dimension has pairs of its own.</param>
/// <param name="Target">Σ E[y yᵀ], [Y, Y]; or Σ x_d², [D].</param>
/// <param name="Cross">Σ E[y wᵀ], [Y, W].</param>
/// <param name="Regressor">Σ E[w wᵀ], [W, W], or [D, W, W].</param>
public sealed record RegressionStatistics(Tensor Count, Tensor Target, Tensor Cross, Tensor Regressor)
{
    /// <summary>The statistics of both.</summary>
    public static RegressionStatistics operator +(RegressionStatistics a, RegressionStatistics b) =>
        new(a.Count + b.Count, a.Target + b.Target, a.Cross + b.Cross, a.Regressor + b.Regressor);

    internal RegressionStatistics MoveToOuterDisposeScope() => new(Count.MoveToOuterDisposeScope(), Target.MoveToOuterDisposeScope(),
        Cross.MoveToOuterDisposeScope(), Regressor.MoveToOuterDisposeScope());
}

/// <summary>The expectation step: what the maximisation needs of any number of batches, in the memory of one matrix each.</summary>
/// <remarks>In float64 whatever the batch's type. The regressors of a transition are [z_{t−1}; u_t; 1], those of an emission
/// [z_t; 1]; an observed number counts for its own dimension, a missing one for nothing.</remarks>
/// <param name="LogLikelihood">log p(x) under the parameters, in nats, a scalar.</param>
/// <param name="Initial">Of z_1 on 1.</param>
/// <param name="Transition">Of z_t on [z_{t−1}; u_t; 1].</param>
/// <param name="Emission">Of x_t on [z_t; 1], every dimension by itself.</param>
public sealed record LinearGaussianStatistics(Tensor LogLikelihood, RegressionStatistics Initial, RegressionStatistics Transition,
    RegressionStatistics Emission)
{
    /// <summary>The statistics of both.</summary>
    public static LinearGaussianStatistics operator +(LinearGaussianStatistics a, LinearGaussianStatistics b) =>
        new(a.LogLikelihood + b.LogLikelihood, a.Initial + b.Initial, a.Transition + b.Transition, a.Emission + b.Emission);

    /// <summary>The statistics of a batch under <paramref name="parameters"/>, without gradients.</summary>
    /// <param name="parameters">The parameters, in the batch's type.</param>
    /// <param name="batch">The observations.</param>
    /// <param name="controls">u, packed [S, U], when the parameters have a control matrix.</param>
    /// <exception cref="ArgumentException">The controls do not fit the parameters, or the emission the batch.</exception>
    /// <exception cref="ArithmeticException">A covariance is not positive definite; the message names the step.</exception>
    public static LinearGaussianStatistics Of(LinearGaussianParameters parameters, SequenceBatch batch, Tensor? controls = null)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var filter = KalmanFilter.Run(parameters.System(batch, controls), batch);
        var smoothed = RtsSmoother.Run(filter);
        var mean = smoothed.States.Means().to(ScalarType.Float64);
        var result = new LinearGaussianStatistics(filter.LogEvidence.to(ScalarType.Float64).sum(),
            OfInitial(batch, mean, smoothed.States),
            OfTransition(batch, mean, smoothed, controls),
            OfEmission(batch, mean, smoothed.States));
        return result.MoveToOuterDisposeScope();
    }

    internal LinearGaussianStatistics MoveToOuterDisposeScope() => new(LogLikelihood.MoveToOuterDisposeScope(),
        Initial.MoveToOuterDisposeScope(), Transition.MoveToOuterDisposeScope(), Emission.MoveToOuterDisposeScope());

    private static RegressionStatistics OfInitial(SequenceBatch batch, Tensor mean, GaussianPath states)
    {
        var first = mean.narrow(0, 0, batch.Count);
        return new(Count(batch.Count, mean), first.Transposed().matmul(first) + states[0].Covariance.to(ScalarType.Float64).SumOfRows(batch.Count),
            first.sum(dim: 0).unsqueeze(1), Count(batch.Count, mean).view(1, 1));
    }

    private static RegressionStatistics OfTransition(SequenceBatch batch, Tensor mean, SmoothedStates smoothed, Tensor? controls)
    {
        var (start, count) = batch.AfterFirst;
        long size = mean.shape[1];
        var now = mean.narrow(0, start, count);
        var before = batch.Predecessors(mean);
        var one = ones([count, 1], mean.dtype, mean.device);
        var regressor = controls is null
            ? cat([before, one], 1)
            : cat([before, batch.AfterFirst.Of(controls).to(ScalarType.Float64), one], 1);
        var (present, past) = CovarianceSums(batch, smoothed.States);
        long more = regressor.shape[1] - size;
        return new(Count(count, mean),
            now.Transposed().matmul(now) + present,
            now.Transposed().matmul(regressor) + nn.functional.pad(smoothed.LagOneSum(), [0, more]),
            regressor.Transposed().matmul(regressor) + nn.functional.pad(past, [0, more, 0, more]));
    }

    // Σ Cov[z_t] and Σ Cov[z_{t−1}] over all steps but the first.
    private static (Tensor Present, Tensor Past) CovarianceSums(SequenceBatch batch, GaussianPath states)
    {
        Tensor Zeros(long rows) => zeros([rows, 1], ScalarType.Float64, batch.Device);
        var one = ones([batch.AfterFirst.Count, 1], ScalarType.Float64, batch.Device);
        var present = cat([Zeros(batch.Count), one], 0);
        var past = Zeros(batch.PackedSteps).index_add(0, batch.PredecessorIndex, one, 1);
        var sums = states.WeightedCovariances(cat([present, past], 1));
        return (sums[0], sums[1]);
    }

    private static RegressionStatistics OfEmission(SequenceBatch batch, Tensor mean, GaussianPath states)
    {
        var x = batch.Observations.to(ScalarType.Float64);
        var observed = batch.Observed is null ? ones_like(x) : batch.Observed.to(ScalarType.Float64);
        var regressor = cat([mean, ones([mean.shape[0], 1], mean.dtype, mean.device)], 1);
        var outer = (observed.Transposed().unsqueeze(2) * regressor).Transposed().matmul(regressor);
        return new(observed.sum(dim: 0), (observed * x.square()).sum(dim: 0), (observed * x).Transposed().matmul(regressor),
            outer + nn.functional.pad(states.WeightedCovariances(observed), [0, 1, 0, 1]));
    }

    private static Tensor Count(long count, Tensor like) => full([], (double)count, ScalarType.Float64, like.device);
}
