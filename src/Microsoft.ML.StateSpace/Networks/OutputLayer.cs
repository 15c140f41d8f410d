using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>The last layer of an emission: y = W h + b of the last hidden layer h, plus W_res · input if it is residual.</summary>
public sealed class OutputLayer : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly Parameter? residual;

    /// <summary>Xavier weights, zero bias.</summary>
    /// <param name="hidden">Size of the last hidden layer.</param>
    /// <param name="inputs">Size of the network's input, which the residual connection reads.</param>
    /// <param name="outputs">Size of the result.</param>
    /// <param name="isResidual">Whether W_res exists.</param>
    /// <param name="initializer">Where the weights come from.</param>
    public OutputLayer(long hidden, long inputs, long outputs, bool isResidual, Initializer initializer) : base(nameof(OutputLayer))
    {
        weight = initializer.Weight(outputs, hidden);
        bias = initializer.Constant(outputs);
        if (isResidual)
            residual = initializer.Weight(outputs, inputs);
        RegisterComponents();
    }

    /// <summary>The bias, [out].</summary>
    public Parameter Bias => bias;

    /// <summary>Maps h [.., hidden] and the input it was made of [.., in] to [.., out].</summary>
    public override Tensor forward(Tensor hidden, Tensor input)
    {
        var direct = Affine.Product(hidden, weight, bias);
        return residual is null ? direct : direct + Affine.Product(input, residual, null);
    }
}
