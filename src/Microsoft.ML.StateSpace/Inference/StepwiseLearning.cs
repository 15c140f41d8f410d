using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>The optimiser of an inference network that learns at every time step, apart from the bound.</summary>
internal sealed class StepwiseLearning : IDisposable
{
    private readonly Parameter[] _parameters;
    private readonly Adam _optimizer;
    private readonly double _learningRate;
    private readonly double _clipNorm;
    private readonly Func<double> _factor;
    private readonly Action _ended;

    public StepwiseLearning(Parameter[] parameters, double learningRate, double clipNorm, Func<double> learningRateFactor, Action ended)
    {
        (_parameters, _learningRate, _clipNorm, _factor, _ended) = (parameters, learningRate, clipNorm, learningRateFactor, ended);
        _optimizer = optim.Adam(parameters, learningRate);
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
        nn.utils.clip_grad_norm_(_parameters, _clipNorm);
        foreach (var group in _optimizer.ParamGroups)
            group.LearningRate = _learningRate * _factor();
        _optimizer.step();
        _optimizer.zero_grad();
    }

    public void Dispose()
    {
        _ended();
        _optimizer.Dispose();
    }
}
