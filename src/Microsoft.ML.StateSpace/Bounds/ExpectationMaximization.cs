using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>log p(x) of a linear-Gaussian model, maximised in closed form: an epoch is an expectation step over all training
/// sequences and a maximisation step (Shumway and Stoffer 1982). No learning rate; the training likelihood never falls.</summary>
/// <remarks>The trainer's BatchSize bounds the memory and changes nothing else.</remarks>
public sealed record ExpectationMaximization : Bound
{
    /// <summary>The least variance in any direction of P₀, Q and r. Default 1e-6.</summary>
    public double LeastVariance { get; init; } = 1e-6;

    /// <summary>Training ends when an epoch raises the training likelihood by less, in nats per observed step; 0: never. Default 1e-6.</summary>
    public double Tolerance { get; init; } = 1e-6;

    /// <inheritdoc/>
    public override BoundTerms Evaluate(BoundQuery query) => ExactLikelihood.Of(query);

    /// <inheritdoc/>
    public override IEnumerable<string> FaultsWith(GenerativeModel model, InferenceNetwork inference)
    {
        if (model is not LinearGaussianModel)
            yield return "Bound is ExpectationMaximization, which has a closed form for a LinearGaussian model only; choose that, or another bound.";
        if (inference is not ExactInference)
            yield return "Bound is ExpectationMaximization, which does not train an inference network; set Inference to Exact.";
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (string fault in base.Validate())
            yield return fault;
        if (LeastVariance is not (> 0 and < double.PositiveInfinity))
            yield return $"LeastVariance is {LeastVariance}; it must be above 0.";
        if (!(Tolerance >= 0))
            yield return $"Tolerance is {Tolerance}; it must be at least 0.";
    }
}
