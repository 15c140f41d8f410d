using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>y = (M ⊙ W) x + b: an affine map of which only some connections exist (Germain et al. 2015, MADE).</summary>
internal sealed class MaskedAffine : nn.Module
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly float[] _connections;
    // Made when first used, where the weights then are: nothing of it has to be saved, and no file can change it.
    private Tensor? _mask;

    /// <summary>Makes the map.</summary>
    /// <param name="inputs">Size of x.</param>
    /// <param name="outputs">Size of y.</param>
    /// <param name="connected">Whether output (first) and input (second) are connected.</param>
    /// <param name="initializer">Draws the starting weights; the bias begins at zero.</param>
    public MaskedAffine(int inputs, int outputs, Func<int, int, bool> connected, Initializer initializer) : base(nameof(MaskedAffine))
    {
        weight = initializer.Weight(outputs, inputs);
        bias = initializer.Constant(outputs);
        _connections = new float[outputs * inputs];
        for (int o = 0; o < outputs; o++)
            for (int i = 0; i < inputs; i++)
                _connections[o * inputs + i] = connected(o, i) ? 1 : 0;
        RegisterComponents();
    }

    /// <summary>The bias, [out].</summary>
    public Parameter Bias => bias;

    /// <summary>Maps [.., in] to [.., out].</summary>
    /// <param name="input">[.., in]</param>
    /// <param name="frozen">Whether no gradient reaches weight and bias.</param>
    public Tensor Map(Tensor input, bool frozen) => frozen
        ? Affine.Product(input, weight.detach() * Mask, bias.detach())
        : Affine.Product(input, weight * Mask, bias);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _mask?.Dispose();
        base.Dispose(disposing);
    }

    private Tensor Mask => _mask is { } made && made.dtype == weight.dtype && made.device_type == weight.device_type
        && made.device_index == weight.device_index ? made
        : _mask = tensor(_connections, weight.shape).to(weight.dtype, weight.device).DetachFromDisposeScope();
}
