using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Gradient descent, with momentum where asked for.</summary>
public sealed record Sgd : Optimizer
{
    /// <summary>Decay of the sum of past gradients. Default 0.</summary>
    public double Momentum { get; init; }

    /// <summary>Whether the step looks ahead along the momentum (Nesterov 1983). Default false.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Weight decay, added to the gradient. Default 0.</summary>
    public double WeightDecay { get; init; }

    /// <inheritdoc/>
    public override optim.Optimizer Create(IEnumerable<Parameter> parameters, double learningRate) =>
        optim.SGD(parameters, learningRate, Momentum, weight_decay: WeightDecay, nesterov: Nesterov);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (FaultOfShare(Momentum, nameof(Momentum)) is { } momentum)
            yield return momentum;
        if (Nesterov && Momentum == 0)
            yield return "Nesterov is true; it needs a Momentum above 0.";
        if (FaultOfAmount(WeightDecay, nameof(WeightDecay)) is { } decay)
            yield return decay;
    }
}
