using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Independent Gaussian dimensions: mean and log-variance of an MLP (Krishnan et al. 2017).</summary>
public sealed record GaussianEmission : LocationScaleEmission
{
    /// <inheritdoc/>
    public override bool IsGaussian => true;

    /// <inheritdoc/>
    public override bool IsRealValued => true;

    /// <inheritdoc/>
    public override EmissionModule Create(int inputSize, int observationSize, Initializer initializer)
    {
        var hidden = MakeHidden(inputSize, initializer);
        return new GaussianEmissionModule(hidden, MakeFirstOutput(hidden, inputSize, observationSize, initializer), this, initializer);
    }
}

internal sealed class GaussianEmissionModule : LocationScaleModule
{
    public GaussianEmissionModule(Mlp hidden, OutputLayer mean, GaussianEmission options, Initializer initializer)
        : base(nameof(GaussianEmission), hidden, mean, options, initializer) => RegisterComponents();

    public override bool IsGaussian => true;

    public override Tensor LogLikelihood(Tensor input, Tensor observation, Tensor? observed) => Gaussian(input).LogProbability(observation, observed);

    protected override Tensor LogDensities(DiagonalGaussian gaussian, Tensor observation) => gaussian.LogDensities(observation);

    public override (Tensor Mean, Tensor Variance) Moments(Tensor input)
    {
        var gaussian = Gaussian(input);
        return (gaussian.Mean, gaussian.Variance);
    }

    public override Tensor Sample(Tensor input, Tensor uniform) => Gaussian(input).Sample(NormalOf(uniform));
}
