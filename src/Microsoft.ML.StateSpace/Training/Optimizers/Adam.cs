using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Adam with the weight decay added to the gradient, as an L2 penalty of half its size would (Kingma and Ba 2015).</summary>
public sealed record Adam : AdamBase
{
    /// <inheritdoc/>
    public override optim.Optimizer Create(IEnumerable<Parameter> parameters, double learningRate) =>
        optim.Adam(parameters, learningRate, Beta1, Beta2, Epsilon, WeightDecay);
}
