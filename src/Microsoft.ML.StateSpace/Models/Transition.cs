using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Describes p(z_t | z_{t−1}, …).</summary>
public abstract record Transition
{
    /// <summary>Whether the options say something in the data's units, which standardised data would contradict.</summary>
    public virtual bool IsInDataUnits => false;

    /// <summary>Makes the networks of a transition.</summary>
    /// <param name="inputSize">Numbers read: z_{t−1} first, then whatever the model conditions on.</param>
    /// <param name="latentSize">Z.</param>
    /// <param name="initializer">Draws the starting weights.</param>
    public abstract TransitionModule Create(int inputSize, int latentSize, Initializer initializer);

    /// <summary>What keeps the transition from a latent of <paramref name="latentSize"/> numbers, each a sentence.</summary>
    public virtual IEnumerable<string> FaultsWith(int latentSize) => [];

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public abstract IEnumerable<string> Validate();
}

/// <summary>A transition whose mean and variance come of networks.</summary>
public abstract record NetworkTransition : Transition
{
    /// <summary>How the variance is read off the network: softplus is a variance (Krishnan et al. 2017), or a scale, as in Pyro's
    /// program. Default: a variance.</summary>
    public VarianceParameterisation Variance { get; init; } = new();

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => Variance.Validate().Select(fault => $"Variance.{fault}");
}

/// <summary>The networks of a transition: [.., input] to a Gaussian over [.., Z].</summary>
public abstract class TransitionModule(string name) : nn.Module<Tensor, DiagonalGaussian>(name);
