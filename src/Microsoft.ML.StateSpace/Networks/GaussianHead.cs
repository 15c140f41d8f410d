using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>A diagonal Gaussian read off a hidden state: μ linear, σ² = softplus(linear).</summary>
public sealed class GaussianHead : nn.Module<Tensor, DiagonalGaussian>
{
    private readonly Affine map;
    private readonly long _size;

    /// <summary>Makes the two linear maps, stacked in one product.</summary>
    public GaussianHead(long inputs, long size, Initializer initializer) : base(nameof(GaussianHead))
    {
        _size = size;
        map = new Affine(inputs, 2 * size, initializer);
        RegisterComponents();
    }

    /// <summary>Maps [.., in] to a Gaussian over [.., size].</summary>
    public override DiagonalGaussian forward(Tensor hidden)
    {
        var both = map.call(hidden);
        return new DiagonalGaussian(both.narrow(-1, 0, _size), DiagonalGaussian.VarianceOf(both.narrow(-1, _size, _size)));
    }
}
