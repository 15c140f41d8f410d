using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>The optimiser of an inference network that learns at every time step, apart from the bound.</summary>
internal sealed class StepwiseLearning : IDisposable
{
    private readonly Parameter[] _parameters;
    private readonly Adam _optimizer;
    private readonly OptimizerSteps _steps;
    private readonly double _learningRate;
    private readonly double _clipNorm;
    private readonly Func<double> _factor;
    private readonly Action _ended;

    public StepwiseLearning(Parameter[] parameters, double learningRate, double clipNorm, Func<double> learningRateFactor, Action ended)
    {
        (_parameters, _learningRate, _clipNorm, _factor, _ended) = (parameters, learningRate, clipNorm, learningRateFactor, ended);
        _optimizer = optim.Adam(parameters, learningRate);
        _steps = new OptimizerSteps(_optimizer, parameters);
    }

    /// <summary>What it steps.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>What a checkpoint keeps of it.</summary>
    public Adam Optimizer => _optimizer;

    /// <summary>Uses the gradients gathered since the last step, if any were.</summary>
    public void Step(bool gathered)
    {
        if (!gathered)
            return;
        using var scope = NewDisposeScope();
        var norm = GradientScale.Norm(_parameters, _parameters[0].device);
        _steps.Step(_learningRate * _factor(), new GradientScale(_clipNorm, norm, isFinite: null));
        // The next ones become the parameters' own, without a sum.
        foreach (var parameter in _parameters)
            parameter.grad = null;
    }

    public void Dispose()
    {
        _ended();
        _steps.Dispose();
        _optimizer.Dispose();
    }
}
