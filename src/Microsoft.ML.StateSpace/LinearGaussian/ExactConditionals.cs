using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>q(z_t | z_{t−1}, x) of every packed step, kept step by step.</summary>
public sealed class ConditionalPath
{
    private readonly IReadOnlyList<AffineGaussian> _later;

    internal ConditionalPath(GaussianMoments first, IReadOnlyList<AffineGaussian> later) => (First, _later) = (first, later);

    /// <summary>T, the steps of the longest sequence.</summary>
    public int Steps => _later.Count + 1;

    /// <summary>q(z_1 | x): mean [B, Z].</summary>
    public GaussianMoments First { get; }

    /// <summary>q(z_t | z_{t−1}, x) of step <paramref name="step"/> ≥ 1, from 0: N(G z_{t−1} + g, V) of the rows running there.</summary>
    public AffineGaussian this[int step] => _later[step - 1];

    /// <summary>q of step <paramref name="step"/>, from 0, mean [.., row, Z], given its predecessors.</summary>
    /// <param name="step">The step.</param>
    /// <param name="previous">z_{t−1} of the rows running at the step, [.., row, Z]; null at the first.</param>
    public GaussianMoments At(int step, Tensor? previous) => previous is null ? First : this[step].At(previous);

    /// <summary>log q(z | x) of each sequence in nats, [.., B].</summary>
    /// <param name="latent">z, packed [.., S, Z].</param>
    /// <param name="batch">The batch the path is of.</param>
    public Tensor LogProbability(Tensor latent, SequenceBatch batch)
    {
        using var scope = NewDisposeScope();
        var terms = new Tensor[Steps];
        for (int t = 0; t < Steps; t++)
        {
            var range = batch.Step(t);
            var previous = t == 0 ? null : batch.Step(t - 1).Of(latent).narrow(-2, 0, range.Count);
            terms[t] = At(t, previous).LogProbability(range.Of(latent));
        }
        return batch.SumBySequence(cat(terms, -1)).MoveToOuterDisposeScope();
    }
}

/// <summary>The exact conditionals of a latent given its predecessor and observations: the best proposals there are.</summary>
/// <remarks>A filter that proposes from p(z_t | z_{t−1}, x_t) has the least weight variance of those that do not look ahead;
/// with p(z_t | z_{t−1}, x_t … x_T) every weight is the evidence (Maddison et al. 2017).</remarks>
public static class ExactConditionals
{
    /// <summary>p(z_t | z_{t−1}, x_t … x_T), by what later observations say of each state, carried backward.</summary>
    /// <exception cref="ArithmeticException">A covariance is not positive definite; the message names the step.</exception>
    public static ConditionalPath Smoothing(LinearGaussianSystem system, SequenceBatch batch) => Run(system, batch, lookAhead: true);

    /// <summary>p(z_t | z_{t−1}, x_t).</summary>
    /// <exception cref="ArithmeticException">A covariance is not positive definite; the message names the step.</exception>
    public static ConditionalPath Filtering(LinearGaussianSystem system, SequenceBatch batch) => Run(system, batch, lookAhead: false);

    /// <summary>p(z_t | z_{t−1}, x_t) of one step.</summary>
    /// <param name="system">The system.</param>
    /// <param name="observation">x_t, [row, D].</param>
    /// <param name="observed">1 where observed, [row, D]; null when everything is.</param>
    /// <param name="step">t as the system counts; 0: the rows begin.</param>
    internal static AffineGaussian Filtering(LinearGaussianSystem system, Tensor observation, Tensor? observed, int step) =>
        Information.Of(system.Emission(step), observation, observed, step)
            .Absorb(step == 0 ? Independent(system.Initial) : system.Transition(step), step).Conditional;

    private static ConditionalPath Run(LinearGaussianSystem system, SequenceBatch batch, bool lookAhead)
    {
        using var scope = NewDisposeScope();
        var conditionals = new AffineGaussian[batch.Steps];
        Information? later = null;
        for (int t = batch.Steps - 1; t >= 0; t--)
        {
            using var step = NewDisposeScope();
            var range = batch.Step(t);
            var said = Information.Of(system.Emission(t), range.Of(batch.Observations),
                batch.Observed is null ? null : range.Of(batch.Observed), t);
            if (later is not null)
                said = said.With(later);
            var (conditional, before) = said.Absorb(t == 0 ? Independent(system.Initial) : system.Transition(t), t);
            conditionals[t] = conditional.MoveToOuterDisposeScope().MoveToOuterDisposeScope();
            if (lookAhead)
                later = before.MoveToOuterDisposeScope();
        }
        return new ConditionalPath(new(conditionals[0].Offset, conditionals[0].Covariance), conditionals[1..]);
    }

    // The first state as a transition from nowhere.
    private static AffineGaussian Independent(GaussianMoments initial) =>
        new(zeros_like(initial.Covariance), initial.Mean, initial.Covariance);
}
