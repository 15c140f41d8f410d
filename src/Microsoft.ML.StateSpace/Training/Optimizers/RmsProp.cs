using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Gradients divided by the running root of their mean square (Hinton 2012).</summary>
public sealed record RmsProp : Optimizer
{
    /// <summary>Decay of the mean of squared gradients. Default 0.99.</summary>
    public double Smoothing { get; init; } = 0.99;

    /// <summary>What is added to the root of the mean square. Default 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decay of the sum of past steps. Default 0.</summary>
    public double Momentum { get; init; }

    /// <summary>Whether the mean gradient's square is taken off the mean square. Default false.</summary>
    public bool Centered { get; init; }

    /// <summary>Weight decay, added to the gradient. Default 0.</summary>
    public double WeightDecay { get; init; }

    /// <inheritdoc/>
    public override optim.Optimizer Create(IEnumerable<Parameter> parameters, double learningRate) =>
        optim.RMSProp(parameters, learningRate, Smoothing, Epsilon, WeightDecay, Momentum, Centered);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => new[]
    {
        FaultOfShare(Smoothing, nameof(Smoothing)), FaultOfAmount(Epsilon, nameof(Epsilon)),
        FaultOfShare(Momentum, nameof(Momentum)), FaultOfAmount(WeightDecay, nameof(WeightDecay)),
    }.OfType<string>();
}
