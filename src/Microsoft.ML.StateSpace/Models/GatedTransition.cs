using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>The gated transition of the deep Markov model (Krishnan et al. 2017, eq. 9–10).</summary>
/// <remarks>g = σ(W₂ φ(W₁z + b₁) + b₂); h = V₂ φ(V₁z + c₁) + c₂; μ = g ⊙ h + (1 − g) ⊙ (W_μ z + b_μ), which begins as the
/// identity; σ² = softplus(W_σ φ(h) + b_σ); φ = ReLU.</remarks>
public sealed record GatedTransition : NetworkTransition
{
    /// <summary>Units of the gate's and of the proposed mean's hidden layer. Default 64.</summary>
    public int HiddenSize { get; init; } = 64;

    /// <inheritdoc/>
    public override TransitionModule Create(int inputSize, int latentSize, Initializer initializer) =>
        new GatedTransitionModule(inputSize, latentSize, this, initializer);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (string fault in base.Validate())
            yield return fault;
        if (HiddenSize < 1)
            yield return $"HiddenSize is {HiddenSize}; it must be at least 1.";
    }
}

internal sealed class GatedTransitionModule : TransitionModule
{
    // The first layers of gate and proposed mean both read z: one product serves them.
    private readonly Affine hidden;
    private readonly Affine gate;
    private readonly Affine proposed;
    private readonly Affine linear;
    private readonly Affine variance;
    private readonly int _hiddenSize;
    private readonly VarianceParameterisation _variance;

    public GatedTransitionModule(int inputSize, int latentSize, GatedTransition options, Initializer initializer) : base(nameof(GatedTransition))
    {
        int hiddenSize = options.HiddenSize;
        (_hiddenSize, _variance) = (hiddenSize, options.Variance);
        hidden = new Affine(inputSize, 2 * hiddenSize, initializer);
        initializer.SetWeight(hidden.Weight, 2);
        gate = new Affine(hiddenSize, latentSize, initializer);
        proposed = new Affine(hiddenSize, latentSize, initializer);
        linear = new Affine(initializer.Identity(latentSize, inputSize), initializer.Constant(latentSize));
        variance = new Affine(latentSize, latentSize, initializer);
        RegisterComponents();
    }

    public override DiagonalGaussian forward(Tensor input)
    {
        if (Affine.ByLanes(input))
            return ByLanes(input);
        var layer = hidden.Activated(input, Activation.Relu);
        var g = RowFunctions.Sigmoid(gate.call(layer.narrow(-1, 0, _hiddenSize)));
        var h = proposed.call(layer.narrow(-1, _hiddenSize, _hiddenSize));
        var mean = RowFunctions.Mix(linear.call(input), h, g);
        return new DiagonalGaussian(mean, _variance.VarianceOf(variance.call(h.relu())));
    }

    private DiagonalGaussian ByLanes(Tensor input)
    {
        using var scope = NewDisposeScope();
        var program = new LaneProgram(input, out var z);
        var layer = program.Then(hidden.Lay(program, z), value => new LaneActivation(value, Activation.Relu));
        var g = program.Then(gate.Lay(program, layer.Part(0, _hiddenSize)), value => new LaneSigmoid(value));
        var h = proposed.Lay(program, layer.Part(_hiddenSize, _hiddenSize));
        var mean = program.Then(linear.Lay(program, z), value => new LaneMix(value, h, g));
        var raw = variance.Lay(program, program.Then(h, value => new LaneActivation(value, Activation.Relu)));
        var result = (Mean: program.Output(mean), Variance: program.Output(program.Then(raw, value => new LaneVariance(value, _variance))));
        program.Run();
        return new(result.Mean.MoveToOuterDisposeScope(), result.Variance.MoveToOuterDisposeScope());
    }
}
