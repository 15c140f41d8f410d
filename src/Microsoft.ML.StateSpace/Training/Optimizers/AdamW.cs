using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Adam with the weight decay decoupled from the gradient (Loshchilov and Hutter 2019).</summary>
public sealed record AdamW : AdamBase
{
    /// <inheritdoc/>
    public override optim.Optimizer Create(IEnumerable<Parameter> parameters, double learningRate) =>
        optim.AdamW(parameters, learningRate, Beta1, Beta2, Epsilon, WeightDecay);
}
