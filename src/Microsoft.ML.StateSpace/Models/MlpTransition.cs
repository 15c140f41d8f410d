using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>The transition of the deep Kalman filter: hidden layers, then a linear mean and a softplus variance.</summary>
public sealed record MlpTransition : NetworkTransition
{
    /// <summary>Units of each hidden layer. Default 64.</summary>
    public int HiddenSize { get; init; } = 64;

    /// <summary>Hidden layers, at least 1. Default 1.</summary>
    public int HiddenLayers { get; init; } = 1;

    /// <summary>The hidden layers' nonlinearity. Default ReLU.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <inheritdoc/>
    public override TransitionModule Create(int inputSize, int latentSize, Initializer initializer) =>
        new MlpTransitionModule(inputSize, latentSize, this, initializer);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (string fault in base.Validate())
            yield return fault;
        if (HiddenSize < 1)
            yield return $"HiddenSize is {HiddenSize}; it must be at least 1.";
        if (HiddenLayers < 1)
            yield return $"HiddenLayers is {HiddenLayers}; it must be at least 1 (LinearTransition has none).";
    }
}

internal sealed class MlpTransitionModule : TransitionModule
{
    private readonly Mlp hidden;
    private readonly GaussianHead head;

    public MlpTransitionModule(int inputSize, int latentSize, MlpTransition options, Initializer initializer) : base(nameof(MlpTransition))
    {
        hidden = new Mlp(inputSize, options.HiddenSize, options.HiddenLayers, options.Activation, initializer);
        head = new GaussianHead(hidden.OutputSize, latentSize, initializer, options.Variance);
        RegisterComponents();
    }

    public override DiagonalGaussian forward(Tensor input) => head.Over(hidden, input);
}
