using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>A model for which <see cref="GenerativeModel.IsGaussianMarkov"/> holds, as an unscented filter reads it.</summary>
internal static class GaussianMarkovSystem
{
    /// <summary>The system over steps of which <paramref name="inputs"/> are known.</summary>
    /// <param name="model">p(x, z)</param>
    /// <param name="inputs">What is known of the rows running at a step: of a batch, or of the steps after it.</param>
    /// <param name="rows">The rows of step 0.</param>
    /// <param name="type">The number type of the filter; the model computes in its own.</param>
    public static NonlinearGaussianSystem Of(GenerativeModule model, Func<int, StepInputs> inputs, long rows, ScalarType type)
    {
        var own = model.parameters().First().dtype;
        DiagonalGaussian Gaussian((Tensor Mean, Tensor Variance) moments) => new(moments.Mean.to(type), moments.Variance.to(type));
        StepInputs At(int step) => inputs(step) is var known && known.Controls is null && known.Gap is null ? known
            : known with { Controls = known.Controls?.to(own), Gap = known.Gap?.to(own) };
        var first = Gaussian(model.Prior(model.Enter(null, At(0), rows), rows).Moments!.Value);
        return new(new(first.Mean, first.Variance.diag_embed()),
            (t, z) => Gaussian(model.Prior(model.Enter(new ModelState(z.to(own)), At(t), z.shape[^2]), z.shape[^2]).Moments!.Value),
            (t, z) => Gaussian(model.Emission.Moments(model.EmissionInput(z.to(own), new Past(null, null, [], At(t))))));
    }
}
