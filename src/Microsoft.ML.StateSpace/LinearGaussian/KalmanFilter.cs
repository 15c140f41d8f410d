using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian.Rows;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>What a Kalman filter says of a batch; rows and steps in the batch's order, packed (see <see cref="SequenceBatch"/>).</summary>
/// <param name="Predicted">p(z_t | x_&lt;t)</param>
/// <param name="Filtered">p(z_t | x_≤t)</param>
/// <param name="Transitions">p(z_t | z_{t−1}) as the filter used it; entry t − 1 leads into step t.</param>
/// <param name="StepLogLikelihood">log p(x_t | x_&lt;t) in nats, [S]; 0 where nothing is observed.</param>
/// <param name="LogEvidence">log p(x) of each sequence in nats, [B].</param>
public sealed record FilteredStates(GaussianPath Predicted, GaussianPath Filtered, IReadOnlyList<AffineGaussian> Transitions,
    Tensor StepLogLikelihood, Tensor LogEvidence)
{
    /// <summary>(x_t − m)ᵀ S⁻¹ (x_t − m) under the prediction N(m, S) of what is observed of x_t, [S]; 0 where nothing is.</summary>
    internal Tensor? SquaredDistance { get; init; }

    /// <summary>The same in plain numbers, where it was found so.</summary>
    internal RowStates? Rows { get; init; }
}

/// <summary>An affine Gaussian to use at step <paramref name="step"/>, near <paramref name="state"/> where the truth is not affine.</summary>
internal delegate AffineGaussian Linearization(int step, GaussianMoments state);

/// <summary>A system as the recursion of a Kalman filter takes it.</summary>
/// <param name="Initial">p(z_1)</param>
/// <param name="Transition">p(z_t | z_{t−1}) near p(z_{t−1} | x_&lt;t).</param>
/// <param name="Emission">p(x_t | z_t) near p(z_t | x_&lt;t).</param>
internal sealed record GaussianRecursion(GaussianMoments Initial, Linearization Transition, Linearization Emission)
{
    /// <summary>A linear system, which is the same wherever the state is.</summary>
    public static GaussianRecursion Of(LinearGaussianSystem system) =>
        new(system.Initial, (t, _) => system.Transition(t), (t, _) => system.Emission(t));

    /// <summary>One step of it as a recursion of its own, with matrices of every row's own, whose products no neighbour can change.</summary>
    /// <param name="begins">Whether it is the rows' first step.</param>
    /// <param name="rows">The number of rows.</param>
    public GaussianRecursion OneStep(bool begins, long rows) => new(new(Initial.Mean, Initial.Covariance.PerRow(rows)),
        (_, state) => Transition(1, state).PerRow(rows), (_, state) => Emission(begins ? 0 : 1, state).PerRow(rows));
}

/// <summary>One step of a Kalman filter.</summary>
/// <param name="Transition">p(z_t | z_{t−1}) as it was used; null at the first step.</param>
/// <param name="Predicted">p(z_t | x_&lt;t)</param>
/// <param name="Filtered">p(z_t | x_≤t)</param>
/// <param name="LogLikelihood">log p(x_t | x_&lt;t) in nats, [row].</param>
/// <param name="SquaredDistance">As <see cref="FilteredStates.SquaredDistance"/>, [row].</param>
internal sealed record KalmanStep(AffineGaussian? Transition, GaussianMoments Predicted, GaussianMoments Filtered, Tensor LogLikelihood,
    Tensor SquaredDistance);

/// <summary>The Kalman filter over batches with missing steps and missing dimensions (Kalman 1960).</summary>
/// <remarks>Covariances are updated in Joseph's form, which stays positive definite whatever the gain's rounding.
/// Differentiable in all parameters and observations; where gradients are switched off, small systems on the CPU are filtered
/// without LibTorch, many times faster.</remarks>
public static class KalmanFilter
{
    /// <summary>Filters a batch.</summary>
    /// <exception cref="ArgumentException">An emission does not have the batch's observation size.</exception>
    /// <exception cref="ArithmeticException">A covariance is not positive definite; the message names the step.</exception>
    public static FilteredStates Run(LinearGaussianSystem system, SequenceBatch batch) =>
        RowFilter.Serves(system, batch) ? RowFilter.Run(system, batch) : Run(GaussianRecursion.Of(system), batch);

    internal static FilteredStates Run(GaussianRecursion system, SequenceBatch batch)
    {
        using var scope = NewDisposeScope();
        var predicted = new GaussianMoments[batch.Steps];
        var filtered = new GaussianMoments[batch.Steps];
        var transitions = new AffineGaussian[batch.Steps - 1];
        var (likelihood, distance) = (new Tensor[batch.Steps], new Tensor[batch.Steps]);
        for (int t = 0; t < batch.Steps; t++)
        {
            using var stepScope = NewDisposeScope();
            var (move, prior, posterior, fit, squared) = Step(system, t == 0 ? null : filtered[t - 1].First(batch.Active[t]), batch, t);
            predicted[t] = prior.MoveToOuterDisposeScope().MoveToOuterDisposeScope();
            filtered[t] = posterior.MoveToOuterDisposeScope().MoveToOuterDisposeScope();
            likelihood[t] = fit.MoveToOuterDisposeScope();
            distance[t] = squared.MoveToOuterDisposeScope();
            if (move is not null)
                transitions[t - 1] = move.MoveToOuterDisposeScope().MoveToOuterDisposeScope();
        }
        var packed = cat(likelihood, 0);
        return new FilteredStates(new(predicted), new(filtered), transitions, packed.MoveToOuterDisposeScope(),
            batch.SumBySequence(packed).MoveToOuterDisposeScope()) { SquaredDistance = cat(distance, 0).MoveToOuterDisposeScope() };
    }

    /// <summary>Filters one step of rows that all begin or all go on, as a batch of them in the same place would.</summary>
    /// <param name="system">The system; its step 0 begins rows, its step 1 moves them on.</param>
    /// <param name="before">p(z_{t−1} | x_&lt;t) of each row, covariances [row, Z, Z]; null: they begin.</param>
    /// <param name="batch">The rows' step.</param>
    internal static KalmanStep OneStep(LinearGaussianSystem system, GaussianMoments? before, SequenceBatch batch)
    {
        if (!RowFilter.Serves(system, batch))
            return Step(GaussianRecursion.Of(system).OneStep(before is null, batch.Count), before, batch, 0);
        var states = RowFilter.Run(system, batch, before);
        GaussianMoments Moments(GaussianPath path) => new(path.Means(), path.Covariances());
        return new(before is null ? null : states.Transitions[0], Moments(states.Predicted), Moments(states.Filtered), states.StepLogLikelihood,
            states.SquaredDistance!);
    }

    /// <summary>Filters one step of a batch.</summary>
    /// <param name="system">The system.</param>
    /// <param name="before">p(z_{t−1} | x_&lt;t) of the rows running at the step; null: they begin.</param>
    /// <param name="batch">The observations.</param>
    /// <param name="step">t</param>
    internal static KalmanStep Step(GaussianRecursion system, GaussianMoments? before, SequenceBatch batch, int step)
    {
        var move = before is null ? null : system.Transition(step, before).Alias();
        var prior = before is null ? system.Initial.OfRows(batch.Count) : move!.Marginal(before);
        var (posterior, fit, squared) = Update(prior, system.Emission(step, prior), batch, step);
        return new(move, prior, posterior, fit, squared);
    }

    /// <exception cref="ArgumentException">The emission does not have the batch's observation size.</exception>
    internal static void CheckEmission(AffineGaussian emission, SequenceBatch batch, int step)
    {
        if (emission.Matrix.shape[^2] != batch.ObservationSize)
            throw new ArgumentException($"The emission of step {step} gives {emission.Matrix.shape[^2]} numbers; "
                + $"the batch has {batch.ObservationSize} per step.", nameof(emission));
    }

    private static (GaussianMoments Posterior, Tensor LogLikelihood, Tensor SquaredDistance) Update(GaussianMoments prior, AffineGaussian emission,
        SequenceBatch batch, int step)
    {
        CheckEmission(emission, batch, step);
        var range = batch.Step(step);
        var observed = batch.Observed is null ? null : range.Of(batch.Observed);
        var error = range.Of(batch.Observations) - emission.At(prior.Mean).Mean;
        if (observed is not null)
            error = error * observed;
        var (matrix, _, noise) = emission.Where(observed);
        var cross = matrix.matmul(prior.Covariance);
        var factor = (cross.matmul(matrix.Transposed()) + noise).Symmetric().Cholesky("predicted covariance of the observation", step);
        var gain = CholeskyFactor.Solve(factor, cross).Transposed();
        var rest = gain.matmul(matrix).Complement();
        var covariance = (rest.Sandwich(prior.Covariance) + gain.Sandwich(noise)).Symmetric();
        var distance = Matrices.Whiten(factor, error).square().sum(-1);
        return (new(prior.Mean + gain.Apply(error), covariance), Matrices.LogDensity(distance, emission.Matrix.shape[^2], factor, observed?.sum(-1)), distance);
    }
}
