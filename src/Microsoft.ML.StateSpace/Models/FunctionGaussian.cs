using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>A Gaussian whose mean, and maybe variance, is a known function of the state; holds the function's scalars by name.</summary>
internal sealed class FunctionGaussian : nn.Module<Tensor, DiagonalGaussian>
{
    private readonly Parameter? logVariance;
    private readonly KnownFunction _function;

    public FunctionGaussian(FunctionOptions options, int outputSize, Initializer initializer) : base(nameof(FunctionGaussian))
    {
        _function = options.Function;
        foreach (string name in _function.Scalars)
        {
            var scalar = options[name];
            var parameter = scalar.Initial is { } initial ? initializer.Constant(1, (float)initial) : initializer.Uniform(1, scalar.Lowest, scalar.Highest);
            parameter.requires_grad = scalar.Learned;
            register_parameter(name, parameter);
        }
        if (options.Variance is { } variance)
        {
            float[] logs = [.. Enumerable.Range(0, outputSize).Select(d => (float)Math.Log(variance[variance.Count == 1 ? 0 : d]))];
            logVariance = initializer.Constant(outputSize);
            using (no_grad())
            using (var values = tensor(logs))
                logVariance.copy_(values);
            logVariance.requires_grad = options.LearnVariance;
        }
        RegisterComponents();
    }

    /// <summary>Maps [.., I] to a Gaussian over [.., O].</summary>
    public override DiagonalGaussian forward(Tensor input)
    {
        var scalars = Scalars;
        var mean = _function.Mean(input, scalars);
        var variance = logVariance is not null ? logVariance.exp() : _function.Variance!(input, scalars);
        return new DiagonalGaussian(mean, variance.expand_as(mean));
    }

    /// <summary>The mean alone.</summary>
    public Tensor Mean(Tensor input) => _function.Mean(input, Scalars);

    // Read from the register each time: moving a module to another device or type puts new parameters there.
    private Dictionary<string, Tensor> Scalars => _function.Scalars.ToDictionary(name => name, name => (Tensor)get_parameter(name)!);
}
