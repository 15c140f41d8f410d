using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>The deep Markov model (Krishnan et al. 2017): z_1 ~ prior, z_t ~ transition(z_{t−1}), x_t ~ emission(z_t).</summary>
public sealed record DeepMarkovModel : GenerativeModel
{
    /// <summary>p(z_t | z_{t−1}). Default: gated.</summary>
    public Transition Transition { get; init; } = new GatedTransition();

    /// <summary>p(x_t | z_t). Default: Gaussian.</summary>
    public Emission Emission { get; init; } = new GaussianEmission();

    /// <summary>Whether p(z_1) is learned; else it is N(0, I). Default true.</summary>
    public bool LearnInitialPrior { get; init; } = true;

    /// <inheritdoc/>
    public override GenerativeModule Create(int observationSize, Initializer initializer) =>
        new DeepMarkovModule(this, observationSize, initializer);

    /// <inheritdoc/>
    public override string? FaultOf(float value) => Emission.FaultOf(value);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() =>
        base.Validate()
            .Concat(Transition.Validate().Select(fault => $"Transition.{fault}"))
            .Concat(Emission.Validate().Select(fault => $"Emission.{fault}"));
}

internal sealed class DeepMarkovModule : GenerativeModule
{
    private readonly TransitionModule transition;
    private readonly EmissionModule emission;
    private readonly Parameter initialMean;
    private readonly Parameter initialLogVariance;

    public DeepMarkovModule(DeepMarkovModel options, int observationSize, Initializer initializer)
        : this(options.Transition.Create(options.LatentSize, initializer),
            options.Emission.Create(options.LatentSize, observationSize, initializer),
            options.LatentSize, observationSize, options.LearnInitialPrior, initializer)
    {
    }

    public DeepMarkovModule(TransitionModule transition, EmissionModule emission, int latentSize, int observationSize,
        bool learnInitialPrior, Initializer initializer) : base(nameof(DeepMarkovModel), latentSize, observationSize)
    {
        this.transition = transition;
        this.emission = emission;
        initialMean = initializer.Constant(latentSize);
        initialLogVariance = initializer.Constant(latentSize);
        initialMean.requires_grad = initialLogVariance.requires_grad = learnInitialPrior;
        RegisterComponents();
    }

    public override EmissionModule Emission => emission;

    public override DiagonalGaussian Prior(ModelState? previous, long rows) => previous is null
        ? new DiagonalGaussian(initialMean.expand(rows, -1), initialLogVariance.exp().expand(rows, -1))
        : transition.call(previous.Latent);

    public override ModelState Advance(ModelState? previous, Tensor latent) => new(latent);
}
