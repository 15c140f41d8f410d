using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

/// <summary>N(z + W tanh(z) + b, σ²): a small step from where the state was.</summary>
public sealed record ResidualTransition : Transition
{
    /// <summary>σ² before training. Default 0.1.</summary>
    public double StartVariance { get; init; } = 0.1;

    public override TransitionModule Create(int inputSize, int latentSize, Initializer initializer) =>
        new Module(inputSize, latentSize, StartVariance, initializer);

    public override IEnumerable<string> Validate()
    {
        if (!(StartVariance > 0))
            yield return $"StartVariance is {StartVariance}; it must be above 0.";
    }

    private sealed class Module : TransitionModule
    {
        private readonly Affine step;
        private readonly Parameter logVariance;
        private readonly int _latentSize;

        public Module(int inputSize, int latentSize, double startVariance, Initializer initializer) : base(nameof(ResidualTransition))
        {
            // The input begins with z; controls or x_{t-1} may follow.
            step = new Affine(inputSize, latentSize, initializer);
            logVariance = initializer.Constant(latentSize, (float)Math.Log(startVariance));
            _latentSize = latentSize;
            RegisterComponents();
        }

        public override DiagonalGaussian forward(Tensor input)
        {
            var mean = input.narrow(-1, 0, _latentSize) + step.call(input.tanh());
            return new DiagonalGaussian(mean, logVariance.exp().expand_as(mean));
        }
    }
}
