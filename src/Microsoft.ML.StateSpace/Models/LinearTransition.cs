using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>A linear-Gaussian transition: N(A z + b, diag softplus(r)); A begins as the identity.</summary>
public sealed record LinearTransition : NetworkTransition
{
    /// <inheritdoc/>
    public override TransitionModule Create(int inputSize, int latentSize, Initializer initializer) =>
        new LinearTransitionModule(inputSize, latentSize, Variance, initializer);
}

internal sealed class LinearTransitionModule : TransitionModule
{
    private readonly Affine mean;
    private readonly Parameter variance;
    private readonly VarianceParameterisation _variance;

    public LinearTransitionModule(int inputSize, int latentSize, VarianceParameterisation parameterisation, Initializer initializer)
        : base(nameof(LinearTransition))
    {
        _variance = parameterisation;
        mean = new Affine(initializer.Identity(latentSize, inputSize), initializer.Constant(latentSize));
        variance = initializer.Constant(latentSize);
        RegisterComponents();
    }

    public override DiagonalGaussian forward(Tensor input)
    {
        var mu = mean.call(input);
        return new DiagonalGaussian(mu, _variance.VarianceOf(variance).expand_as(mu));
    }
}
