using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>The prior product (Krishnan et al. 2017): q(z_t | ·) ∝ q_base(z_t | ·) · p(z_t | past), so that the base need only tell
/// what the observations add to the prior.</summary>
/// <remarks>Precisions add: v = v₁v₂ / (v₁ + v₂), μ = (μ₁v₂ + μ₂v₁) / (v₁ + v₂), both variances.</remarks>
public sealed record PriorProductInference : WrappedInference
{
    /// <inheritdoc/>
    public override bool BeginsAtPrior => true;

    /// <inheritdoc/>
    public override InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer) =>
        new PriorProductInferenceModule(Base.Create(model, readsMask, initializer));

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (!Base.IsGaussian)
            yield return "Base is no Gaussian, and its product with the prior has no closed form; put the flows on top of the product instead.";
        if (Base.BeginsAtPrior)
            yield return "Base begins at the prior, which the product would count twice; choose a structured or mean-field Base.";
        foreach (string fault in base.Validate())
            yield return fault;
    }
}

internal sealed class PriorProductInferenceModule : WrappedInferenceModule
{
    public PriorProductInferenceModule(InferenceModule inner) : base(nameof(PriorProductInference), inner) => RegisterComponents();

    public override bool ReadsPrior => true;

    public override LatentDistribution Posterior(PosteriorQuery query) =>
        (inner.Posterior(query), query.Prior!) switch
        {
            (DiagonalGaussian told, DiagonalGaussian prior) => told.Product(prior),
            (var told, var prior) => Full(told).Product(Full(prior)),
        };

    private static FullGaussian Full(LatentDistribution distribution) => distribution switch
    {
        FullGaussian full => full,
        DiagonalGaussian diagonal => FullGaussian.Of(diagonal),
        _ => throw new InvalidOperationException($"A {distribution.GetType().Name} is no Gaussian; a prior product needs two."),
    };
}
