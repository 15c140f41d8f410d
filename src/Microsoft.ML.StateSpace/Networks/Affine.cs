using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>y = W x + b on the last dimension, for any leading ones.</summary>
public sealed class Affine : nn.Module<Tensor, Tensor>
{
    // With this many particles a sequence's own product is large enough to be a product of its own.
    internal const int ParticlesForOwnProduct = 64;

    private readonly Parameter weight;
    private readonly Parameter bias;

    /// <summary>Weights of the initializer's distribution, zero bias.</summary>
    public Affine(long inputs, long outputs, Initializer initializer)
        : this(initializer.Weight(outputs, inputs), initializer.Constant(outputs))
    {
    }

    /// <summary>Takes the parameters over: <paramref name="weight"/> [out, in], <paramref name="bias"/> [out].</summary>
    public Affine(Parameter weight, Parameter bias) : base(nameof(Affine))
    {
        this.weight = weight;
        this.bias = bias;
        RegisterComponents();
    }

    /// <summary>The weight, [out, in].</summary>
    public Parameter Weight => weight;

    /// <summary>The bias, [out].</summary>
    public Parameter Bias => bias;

    /// <summary>Maps [.., in] to [.., out].</summary>
    /// <remarks>With many particles, [particle, batch, in], every sequence gets its own matrix product, so that rounding,
    /// and with it every resampling decision, cannot depend on which other sequences share the batch.</remarks>
    public override Tensor forward(Tensor input) => Product(input, weight, bias);

    /// <summary>W x + b by the rule of <see cref="forward"/>, for layers that hold their weights themselves.</summary>
    internal static Tensor Product(Tensor input, Tensor weight, Tensor? bias) =>
        input.dim() == 3 && input.shape[0] >= ParticlesForOwnProduct
            ? OneProductPerSequence(input, weight, bias)
            : nn.functional.linear(input, weight, bias);

    private static Tensor OneProductPerSequence(Tensor input, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        var rows = input.transpose(0, 1);
        var product = rows.bmm(weight.t().unsqueeze(0).expand(rows.shape[0], -1, -1));
        return (bias is null ? product : product + bias).transpose(0, 1).MoveToOuterDisposeScope();
    }
}
