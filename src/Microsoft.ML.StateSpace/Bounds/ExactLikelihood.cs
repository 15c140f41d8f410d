using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>log p(x) of a linear-Gaussian model by the Kalman filter, maximised by its gradient: no draws, no inference network.</summary>
public sealed record ExactLikelihood : Bound
{
    /// <inheritdoc/>
    public override BoundTerms Evaluate(BoundQuery query) => Of(query);

    /// <inheritdoc/>
    public override IEnumerable<string> FaultsWith(GenerativeModel model, InferenceNetwork inference)
    {
        if (!model.IsLinearGaussian)
            yield return "Bound is ExactLikelihood, but Generative is not linear-Gaussian; choose LinearGaussian or GaussianHmm, or another bound.";
        if (inference is not ExactInference)
            yield return "Bound is ExactLikelihood, which does not train an inference network; set Inference to Exact.";
    }

    internal static BoundTerms Of(BoundQuery query)
    {
        using var scope = NewDisposeScope();
        var evidence = KalmanFilter.Run(((ILinearGaussian)query.Model).System(query.Batch), query.Batch).LogEvidence;
        return new BoundTerms(evidence.MoveToOuterDisposeScope(), evidence, zeros_like(evidence).MoveToOuterDisposeScope());
    }
}
