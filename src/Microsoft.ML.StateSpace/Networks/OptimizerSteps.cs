using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>Steps along clipped gradients, in one pass where there is one for the optimiser.</summary>
/// <param name="optimizer">What remembers.</param>
/// <param name="parameters">Its parameters, in the order in which it was given them.</param>
internal sealed class OptimizerSteps(optim.Optimizer optimizer, IReadOnlyList<Parameter> parameters)
{
    private readonly AdamPass? _pass = AdamPass.Of(optimizer, parameters);

    /// <summary>Moves the parameters.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="scale">What gradients are multiplied by first.</param>
    public void Step(double rate, GradientScale scale)
    {
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = rate;
        if (_pass is not null)
        {
            _pass.Step(scale);
            return;
        }
        scale.Apply(parameters);
        optimizer.step();
    }
}
