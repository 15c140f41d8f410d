using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Independent Student-t dimensions, for data with outliers: location and squared scale of an MLP, degrees of
/// freedom ν = 2 + softplus(learned) per dimension, so that the variance σ²ν/(ν − 2) exists.</summary>
public sealed record StudentTEmission : LocationScaleEmission
{
    /// <summary>ν before training, above 2. Default 8.</summary>
    public double InitialDegreesOfFreedom { get; init; } = 8;

    /// <inheritdoc/>
    public override bool IsRealValued => true;

    /// <inheritdoc/>
    public override EmissionModule Create(int inputSize, int observationSize, Initializer initializer)
    {
        var hidden = MakeHidden(inputSize, initializer);
        return new StudentTEmissionModule(hidden, MakeFirstOutput(hidden, inputSize, observationSize, initializer), this, initializer);
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (string fault in base.Validate())
            yield return fault;
        if (!(InitialDegreesOfFreedom >= 2.01 && InitialDegreesOfFreedom <= 1e4))
            yield return $"InitialDegreesOfFreedom is {InitialDegreesOfFreedom}; it must be between 2.01, where the variance barely exists, and 10000.";
    }
}

internal sealed class StudentTEmissionModule : LocationScaleModule
{
    // At ν = 2 exactly the variance is infinite.
    private const double LeastExcess = 1e-3;

    // Half of float32's grid: the least uniform number that is drawn above 0.
    private const double LeastUniform = 1.0 / (1 << 25);

    private readonly Parameter rawFreedom;

    public StudentTEmissionModule(Mlp hidden, OutputLayer mean, StudentTEmission options, Initializer initializer)
        : base(nameof(StudentTEmission), hidden, mean, options, initializer)
    {
        double excess = options.InitialDegreesOfFreedom - 2 - LeastExcess;
        rawFreedom = initializer.Constant(mean.Bias.shape[0], (float)(excess + Math.Log(1 - Math.Exp(-excess))));
        RegisterComponents();
    }

    public override int UniformsPerStep(int observationSize) => 2 * observationSize;

    protected override Tensor LogDensities(DiagonalGaussian gaussian, Tensor observation)
    {
        // In float64: the difference of two logarithms of Γ loses all digits of float32 where ν is large.
        var nu = Freedom().to(ScalarType.Float64);
        var constant = ((nu + 1) / 2).lgamma() - (nu / 2).lgamma() - 0.5 * (nu * Math.PI).log();
        var ratio = (observation - gaussian.Mean) / gaussian.Variance.sqrt();
        var tail = (nu + 1) / 2 * (ratio.to(ScalarType.Float64).square() / nu).log1p();
        return (constant - tail).to(gaussian.Mean.dtype) - 0.5 * gaussian.Variance.log();
    }

    // Bailey (1994), the polar form with two uniform numbers: t = √(ν (u^(−2/ν) − 1)) cos 2πv.
    public override Tensor Sample(Tensor input, Tensor uniform)
    {
        var gaussian = Gaussian(input);
        long size = gaussian.Mean.shape[^1];
        var nu = Freedom();
        var radius = (nu * (uniform.narrow(-1, 0, size).clamp_min(LeastUniform).log() * (-2 / nu)).expm1()).sqrt();
        return gaussian.Sample(radius * (2 * Math.PI * uniform.narrow(-1, size, size)).cos());
    }

    public override void StartAt(Tensor mean, Tensor variance)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var nu = Freedom();
        base.StartAt(mean, variance * (nu - 2) / nu);
    }

    private Tensor Freedom() => 2 + LeastExcess + rawFreedom.softplus();
}
