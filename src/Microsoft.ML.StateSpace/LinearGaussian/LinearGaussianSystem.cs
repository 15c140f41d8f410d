using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>z_1 ~ N(m₀, P₀), z_t ~ N(A_t z_{t−1} + b_t, Q_t), x_t ~ N(C_t z_t + d_t, R_t).</summary>
/// <remarks>Matrices that are [a, b] rather than [row, a, b] are shared by all rows; while everything is shared, nothing
/// is missing and no sequence has ended, one covariance recursion serves the whole batch. Controls are part of b_t.</remarks>
/// <param name="Initial">p(z_1): mean [Z] or [row, Z], covariance [Z, Z] or [row, Z, Z].</param>
/// <param name="Transition">p(z_t | z_{t−1}) of step t counted from 0, asked for t ≥ 1; what has rows has those running at t.</param>
/// <param name="Emission">p(x_t | z_t) of step t counted from 0; what has rows has those running at t.</param>
public sealed record LinearGaussianSystem(GaussianMoments Initial, Func<int, AffineGaussian> Transition, Func<int, AffineGaussian> Emission)
{
    /// <summary>A system whose parameters are the same at every step.</summary>
    public static LinearGaussianSystem Constant(GaussianMoments initial, AffineGaussian transition, AffineGaussian emission) =>
        new(initial, _ => transition, _ => emission);

    /// <summary>log p(x, z) of each sequence in nats, [.., B].</summary>
    /// <param name="latent">z, packed [.., S, Z].</param>
    /// <param name="batch">x</param>
    public Tensor LogJoint(Tensor latent, SequenceBatch batch)
    {
        using var scope = NewDisposeScope();
        var terms = new Tensor[batch.Steps];
        for (int t = 0; t < batch.Steps; t++)
        {
            var range = batch.Step(t);
            var z = range.Of(latent);
            var prior = t == 0 ? Initial : Transition(t).At(batch.Step(t - 1).Of(latent).narrow(-2, 0, range.Count));
            var observed = batch.Observed is null ? null : range.Of(batch.Observed);
            var emission = Emission(t);
            var error = range.Of(batch.Observations) - emission.At(z).Mean;
            var factor = emission.Where(observed).Covariance.Cholesky("covariance of the emission", t);
            terms[t] = prior.LogProbability(z)
                + Matrices.LogDensity(observed is null ? error : error * observed, factor, observed?.sum(-1));
        }
        return batch.SumBySequence(cat(terms, -1)).MoveToOuterDisposeScope();
    }
}
