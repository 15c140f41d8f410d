using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

/// <summary>Independent Laplace dimensions: log p = −|x − μ| / b − log 2b.</summary>
public sealed record LaplaceEmission : Emission
{
    public override EmissionModule Create(int inputSize, int observationSize, Initializer initializer) =>
        new Module(inputSize, observationSize, this, initializer);

    private sealed class Module : EmissionModule
    {
        private readonly Mlp hidden;
        private readonly Affine location;
        private readonly Parameter logScale;

        public Module(int inputSize, int observationSize, Emission options, Initializer initializer) : base(nameof(LaplaceEmission))
        {
            hidden = new Mlp(inputSize, options.HiddenSize, options.HiddenLayers, options.Activation, initializer);
            location = new Affine(hidden.OutputSize, observationSize, initializer);
            logScale = initializer.Constant(observationSize);
            RegisterComponents();
        }

        public override Tensor Mean(Tensor input) => location.call(hidden.call(input));

        public override Tensor Sample(Tensor input, Tensor uniform)
        {
            var centred = uniform.clamp(1e-7, 1 - 1e-7) - 0.5;
            return Mean(input) - logScale.exp() * centred.sign() * (1 - 2 * centred.abs()).log();
        }

        public override void StartAt(Tensor mean, Tensor variance)
        {
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            location.Bias.copy_(mean);
            logScale.copy_(0.5 * (variance / 2).log());
        }

        protected override Tensor LogDensities(Tensor input, Tensor observation) =>
            -(observation - Mean(input)).abs() / logScale.exp() - logScale - Math.Log(2);
    }
}
