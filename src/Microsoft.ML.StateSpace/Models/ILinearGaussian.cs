using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.LinearGaussian;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>A generative model whose inference is exact: every distribution is Gaussian and linear in z.</summary>
public interface ILinearGaussian
{
    /// <summary>The system over steps of which <paramref name="inputs"/> are known, differentiable in the model's parameters.</summary>
    /// <param name="inputs">What is known of the rows running at a step: of a batch, or of the steps after it.</param>
    /// <param name="type">The number type of what is returned.</param>
    LinearGaussianSystem System(Func<int, StepInputs> inputs, ScalarType type);

    /// <summary>The system on a batch, in its number type: for models that have an easier time with all steps at once.</summary>
    LinearGaussianSystem System(SequenceBatch batch) => System(t => batch.Inputs(batch.Step(t)), batch.Type);
}

/// <summary>What follows from <see cref="ILinearGaussian"/>.</summary>
public static class LinearGaussianModules
{
    /// <summary>The system on a batch, in its number type.</summary>
    public static LinearGaussianSystem System(this ILinearGaussian model, SequenceBatch batch) => model.System(batch);
}
