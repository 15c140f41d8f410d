using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>The gated transition of parallel stacks, as the program that followed Krishnan et al. 2017 has it (clinicalml/dmm,
/// transition "gated"): equation 9–10 of the paper with any number of hidden layers.</summary>
/// <remarks>
/// <para>H, G and S are stacks of L hidden layers φ(W a + b) over the same input, each with weights of its own:
/// g = σ(W_g G(z) + b_g); h = W_h H(z) + b_h; μ = g ⊙ h + (1 − g) ⊙ (W_μ z + b_μ), which begins as the identity;
/// σ² = softplus(W_σ S(z) + b_σ). Without a stack of the variance's own, S = H, as in that program.</para>
/// <para><see cref="GatedTransition"/> differs in that its variance reads φ(h), the proposed mean itself, and in that L = 1.</para>
/// </remarks>
public sealed record ParallelGatedTransition : NetworkTransition
{
    /// <summary>Units of each hidden layer. Default 64.</summary>
    public int HiddenSize { get; init; } = 64;

    /// <summary>L, the hidden layers of each stack; 0 leaves linear maps of z. Default 1.</summary>
    public int HiddenLayers { get; init; } = 1;

    /// <summary>φ. Default ReLU.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>Whether the variance has a stack of its own; else it shares the proposed mean's. Default false.</summary>
    public bool OwnVarianceStack { get; init; }

    /// <summary>Whether the variance depends on z; else it is one learned number per dimension. Default true.</summary>
    public bool VarianceDependsOnLatent { get; init; } = true;

    /// <inheritdoc/>
    public override TransitionModule Create(int inputSize, int latentSize, Initializer initializer) =>
        new ParallelGatedTransitionModule(inputSize, latentSize, this, initializer);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (string fault in base.Validate())
            yield return fault;
        if (HiddenSize < 1)
            yield return $"HiddenSize is {HiddenSize}; it must be at least 1.";
        if (HiddenLayers < 0)
            yield return $"HiddenLayers is {HiddenLayers}; it must be at least 0.";
        if (OwnVarianceStack && !VarianceDependsOnLatent)
            yield return "OwnVarianceStack is set, but a variance that does not depend on z reads no stack; set VarianceDependsOnLatent.";
        if (OwnVarianceStack && HiddenLayers == 0)
            yield return "OwnVarianceStack is set, but with HiddenLayers = 0 there are no stacks.";
    }
}

internal sealed class ParallelGatedTransitionModule : TransitionModule
{
    private readonly Mlp gateStack;
    private readonly Mlp proposedStack;
    private readonly Mlp? varianceStack;
    private readonly Affine gate;
    private readonly Affine proposed;
    private readonly Affine linear;
    private readonly Affine? variance;
    private readonly Parameter? commonVariance;
    private readonly VarianceParameterisation _variance;

    public ParallelGatedTransitionModule(int inputSize, int latentSize, ParallelGatedTransition options, Initializer initializer)
        : base(nameof(ParallelGatedTransition))
    {
        _variance = options.Variance;
        Mlp Stack() => new(inputSize, options.HiddenSize, options.HiddenLayers, options.Activation, initializer);
        gateStack = Stack();
        proposedStack = Stack();
        varianceStack = options.OwnVarianceStack ? Stack() : null;
        gate = new Affine(gateStack.OutputSize, latentSize, initializer);
        proposed = new Affine(proposedStack.OutputSize, latentSize, initializer);
        linear = new Affine(initializer.Identity(latentSize, inputSize), initializer.Constant(latentSize));
        if (options.VarianceDependsOnLatent)
            variance = new Affine(proposedStack.OutputSize, latentSize, initializer);
        else
            commonVariance = initializer.Constant(latentSize);
        RegisterComponents();
    }

    public override DiagonalGaussian forward(Tensor input)
    {
        var hidden = proposedStack.call(input);
        var g = RowFunctions.Sigmoid(gate.call(gateStack.call(input)));
        var mean = RowFunctions.Mix(linear.call(input), proposed.call(hidden), g);
        var raw = variance?.call(varianceStack?.call(input) ?? hidden) ?? commonVariance!.expand_as(mean);
        return new DiagonalGaussian(mean, _variance.VarianceOf(raw));
    }
}
