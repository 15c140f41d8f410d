using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>Steps along clipped gradients, in one pass where there is one for the optimiser and the device.</summary>
/// <param name="optimizer">What remembers.</param>
/// <param name="parameters">Its parameters, in the order in which it was given them.</param>
/// <param name="pass">What steps in its place, owned from now on; null: it steps itself.</param>
internal sealed class OptimizerSteps(optim.Optimizer optimizer, IReadOnlyList<Parameter> parameters, IOptimizerPass? pass) : IDisposable
{
    /// <summary>Steps as the parameters' device has it: on a CPU memory is what is waited for, elsewhere calls are.</summary>
    public OptimizerSteps(optim.Optimizer optimizer, IReadOnlyList<Parameter> parameters)
        : this(optimizer, parameters, parameters.Any(p => p.IsOnHost()) ? AdamPass.Of(optimizer, parameters) : FlatAdam.Of(optimizer, parameters))
    {
    }

    /// <summary>Moves the parameters.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="scale">What gradients are multiplied by first.</param>
    public void Step(double rate, GradientScale scale)
    {
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = rate;
        if (pass is not null)
        {
            pass.Step(scale);
            return;
        }
        scale.Apply(parameters);
        optimizer.step();
    }

    public void Dispose() => (pass as IDisposable)?.Dispose();
}
