using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

internal sealed class LinearGaussianModule : GenerativeModule, ILinearGaussian
{
    // The untrained latent forgets slowly and has unit variance at every step.
    private const float Memory = 0.9f;

    private readonly Parameter initialMean;
    private readonly CovarianceParameter initialCovariance;
    private readonly Affine transition;
    private readonly Parameter? control;
    private readonly CovarianceParameter transitionCovariance;
    private readonly LinearGaussianEmissionModule emission;

    public LinearGaussianModule(LinearGaussianModel options, DataShape data, Initializer initializer)
        : base(nameof(LinearGaussianModel), options.LatentSize, data)
    {
        int size = options.LatentSize;
        initialMean = initializer.Constant(size);
        initialCovariance = new CovarianceParameter(size, 1, options.DiagonalCovariances, initializer);
        transition = new Affine(initializer.Identity(size, size), initializer.Constant(size));
        using (no_grad())
            transition.Weight.mul_(Memory);
        control = options.Controls ? initializer.Weight(size, data.ControlSize) : null;
        transitionCovariance = new CovarianceParameter(size, 1 - Memory * Memory, options.DiagonalCovariances, initializer);
        emission = new LinearGaussianEmissionModule(size, data.ObservationSize, initializer);
        RegisterComponents();
    }

    public override EmissionModule Emission => emission;

    /// <summary>Whether P₀ and Q are diagonal.</summary>
    public bool HasDiagonalCovariances => transitionCovariance.IsDiagonal;

    public override LatentDistribution Prior(Past past, long rows) => past.Latent is null
        ? Gaussian(initialMean.expand(rows, -1), initialCovariance)
        : Gaussian(control is null ? transition.call(past.Latent)
            : transition.call(past.Latent) + Affine.Product(past.Inputs.Controls!, control, null), transitionCovariance);

    public LinearGaussianSystem System(Func<int, StepInputs> inputs, ScalarType type)
    {
        var p = Parameters().To(type);
        var still = new AffineGaussian(p.Transition, p.TransitionOffset, p.TransitionCovariance);
        var emits = AffineGaussian.Independent(p.Emission, p.EmissionOffset, p.EmissionVariance);
        return new(new(p.InitialMean, p.InitialCovariance), t => p.Control is null ? still
            : still with { Offset = p.Control.Apply(inputs(t).Controls!.to(type)) + p.TransitionOffset }, _ => emits);
    }

    /// <summary>The parameters, differentiable.</summary>
    public LinearGaussianParameters Parameters() => new(initialMean, initialCovariance.Covariance(), transition.Weight, transition.Bias,
        transitionCovariance.Covariance(), emission.Weight, emission.Offset, emission.Variance(), control);

    /// <summary>Takes the values of parameters.</summary>
    public void Set(LinearGaussianParameters parameters)
    {
        using var guard = no_grad();
        initialMean.copy_(parameters.InitialMean);
        initialCovariance.Set(parameters.InitialCovariance);
        transition.Weight.copy_(parameters.Transition);
        transition.Bias.copy_(parameters.TransitionOffset);
        control?.copy_(parameters.Control!);
        transitionCovariance.Set(parameters.TransitionCovariance);
        emission.Set(parameters);
    }

    private static LatentDistribution Gaussian(Tensor mean, CovarianceParameter covariance)
    {
        if (covariance.IsDiagonal)
            return new DiagonalGaussian(mean, covariance.Variance().expand_as(mean));
        var factor = covariance.Factor();
        return new FullGaussian(mean, factor.expand(mean.shape[^2], factor.shape[0], factor.shape[1]));
    }
}

/// <summary>x_t = C z_t + d + N(0, diag r).</summary>
internal sealed class LinearGaussianEmissionModule : EmissionModule
{
    private const double LogVarianceBound = 30;

    private readonly Affine mean;
    private readonly Parameter logVariance;

    public LinearGaussianEmissionModule(int latentSize, int observationSize, Initializer initializer) : base(nameof(LinearGaussianEmissionModule))
    {
        mean = new Affine(latentSize, observationSize, initializer);
        logVariance = initializer.Constant(observationSize);
        RegisterComponents();
    }

    /// <summary>C, [D, Z].</summary>
    public Tensor Weight => mean.Weight;

    /// <summary>d, [D].</summary>
    public Tensor Offset => mean.Bias;

    /// <summary>r, [D].</summary>
    public Tensor Variance() => logVariance.clamp(-LogVarianceBound, LogVarianceBound).exp();

    public override bool BroadcastsObservations => true;

    public override bool IsGaussian => true;

    public override (Tensor Mean, Tensor Variance) Moments(Tensor input)
    {
        var mu = Mean(input);
        return (mu, Variance().expand_as(mu));
    }

    public override Tensor Mean(Tensor latent) => mean.call(latent);

    public override Tensor Sample(Tensor latent, Tensor uniform)
    {
        var (mu, variance) = Moments(latent);
        return mu + variance.sqrt() * (Math.Sqrt(2) * (2 * uniform.clamp(1e-7, 1 - 1e-7) - 1).erfinv());
    }

    // The latent's components have unit variance to begin with: half of each dimension's variance is theirs, half is noise.
    public override void StartAt(Tensor mean, Tensor variance)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var half = 0.5 * variance.clamp_min(1e-6);
        var length = Weight.square().sum(-1).clamp_min(1e-12).sqrt();
        Weight.mul_((half.sqrt() / length).unsqueeze(-1));
        Offset.copy_(mean);
        logVariance.copy_(half.log());
    }

    /// <summary>Takes the values of parameters.</summary>
    public void Set(LinearGaussianParameters parameters)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Weight.copy_(parameters.Emission);
        Offset.copy_(parameters.EmissionOffset);
        logVariance.copy_(parameters.EmissionVariance.log());
    }

    protected override Tensor LogDensities(Tensor latent, Tensor observation)
    {
        var (mu, variance) = Moments(latent);
        return new DiagonalGaussian(mu, variance).LogDensities(observation);
    }
}
