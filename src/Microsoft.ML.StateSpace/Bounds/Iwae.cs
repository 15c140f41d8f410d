namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>The importance-weighted bound log (1/N) Σ_i p(x, z_i) / q(z_i | x) (Burda et al. 2016): FIVO that never resamples;
/// with one particle the ELBO with sampled KL.</summary>
public sealed record Iwae : ParticleBound
{
    /// <inheritdoc/>
    public override BoundTerms Evaluate(BoundQuery query) => Run(Ask(query) with { Criterion = ResamplingCriterion.Never });
}
