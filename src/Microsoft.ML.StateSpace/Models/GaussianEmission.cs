using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Independent Gaussian dimensions: mean and log-variance of an MLP (Krishnan et al. 2017).</summary>
public sealed record GaussianEmission : Emission
{
    /// <summary>Whether the variance depends on z; else it is one learned number per dimension. Default true.</summary>
    public bool VarianceDependsOnLatent { get; init; } = true;

    /// <inheritdoc/>
    public override bool IsGaussian => true;

    /// <inheritdoc/>
    public override EmissionModule Create(int inputSize, int observationSize, Initializer initializer) =>
        new GaussianEmissionModule(inputSize, observationSize, this, initializer);
}

internal sealed class GaussianEmissionModule : EmissionModule
{
    // exp of anything beyond is no variance of data a float can hold.
    private const double LogVarianceBound = 30;

    private readonly Mlp hidden;
    private readonly Affine mean;
    private readonly Affine? logVariance;
    private readonly Parameter? commonLogVariance;

    public GaussianEmissionModule(int inputSize, int observationSize, GaussianEmission options, Initializer initializer)
        : base(nameof(GaussianEmission))
    {
        hidden = new Mlp(inputSize, options.HiddenSize, options.HiddenLayers, options.Activation, initializer);
        mean = new Affine(hidden.OutputSize, observationSize, initializer);
        if (options.VarianceDependsOnLatent)
            logVariance = new Affine(hidden.OutputSize, observationSize, initializer);
        else
            commonLogVariance = initializer.Constant(observationSize);
        RegisterComponents();
    }

    protected override Tensor LogDensities(Tensor latent, Tensor observation) => Distribution(latent).LogDensities(observation);

    public override bool IsGaussian => true;

    public override (Tensor Mean, Tensor Variance) Moments(Tensor input)
    {
        var gaussian = Distribution(input);
        return (gaussian.Mean, gaussian.Variance);
    }

    public override Tensor Mean(Tensor latent) => mean.call(hidden.call(latent));

    public override Tensor Sample(Tensor latent, Tensor uniform) =>
        Distribution(latent).Sample(Math.Sqrt(2) * (2 * uniform.clamp(1e-7, 1 - 1e-7) - 1).erfinv());

    public override void StartAt(Tensor mean, Tensor variance)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        this.mean.Bias.copy_(mean);
        (logVariance?.Bias ?? commonLogVariance!).copy_(variance.clamp_min(1e-6).log());
    }

    private DiagonalGaussian Distribution(Tensor latent)
    {
        var h = hidden.call(latent);
        var mu = mean.call(h);
        var log = (logVariance?.call(h) ?? commonLogVariance!).clamp(-LogVarianceBound, LogVarianceBound);
        return new DiagonalGaussian(mu, log.exp().expand_as(mu));
    }
}
