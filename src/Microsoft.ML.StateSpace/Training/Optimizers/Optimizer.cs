using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Describes how gradients change the weights.</summary>
public abstract record Optimizer
{
    /// <summary>Makes it for some parameters, each of which it moves by that one's gradients alone: workers have one each, for a part of them.</summary>
    public abstract optim.Optimizer Create(IEnumerable<Parameter> parameters, double learningRate);

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public abstract IEnumerable<string> Validate();

    internal static string? FaultOfShare(double value, string name) =>
        value is >= 0 and < 1 ? null : $"{name} is {value}; it must be at least 0 and below 1.";

    internal static string? FaultOfAmount(double value, string name) =>
        value is >= 0 and < double.PositiveInfinity ? null : $"{name} is {value}; it must be at least 0.";
}

/// <summary>What Adam and AdamW share (Kingma and Ba 2015).</summary>
public abstract record AdamBase : Optimizer
{
    /// <summary>Decay of the mean of gradients. Default 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean of squared gradients. Default 0.999.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>What is added to the root of the mean square. Default 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight decay. Default 0.</summary>
    public double WeightDecay { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => new[]
    {
        FaultOfShare(Beta1, nameof(Beta1)), FaultOfShare(Beta2, nameof(Beta2)),
        FaultOfAmount(Epsilon, nameof(Epsilon)), FaultOfAmount(WeightDecay, nameof(WeightDecay)),
    }.OfType<string>();
}
