using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>A diagonal Gaussian read off a hidden state: μ linear, σ² = softplus(linear).</summary>
public sealed class GaussianHead : nn.Module<Tensor, DiagonalGaussian>
{
    private readonly Affine map;
    private readonly VarianceParameterisation? _variance;
    private readonly long _size;

    /// <summary>Makes the two linear maps, stacked in one product.</summary>
    /// <param name="inputs">Size of the hidden state.</param>
    /// <param name="size">Size of the Gaussian.</param>
    /// <param name="initializer">Draws the starting weights.</param>
    /// <param name="variance">How a variance is read; null: <see cref="DiagonalGaussian.VarianceOf"/>.</param>
    public GaussianHead(long inputs, long size, Initializer initializer, VarianceParameterisation? variance = null) : base(nameof(GaussianHead))
    {
        _size = size;
        _variance = variance;
        map = new Affine(inputs, 2 * size, initializer);
        RegisterComponents();
    }

    /// <summary>Maps [.., in] to a Gaussian over [.., size].</summary>
    public override DiagonalGaussian forward(Tensor hidden)
    {
        var both = map.call(hidden);
        var raw = both.narrow(-1, _size, _size);
        return new DiagonalGaussian(both.narrow(-1, 0, _size), _variance?.VarianceOf(raw) ?? DiagonalGaussian.VarianceOf(raw));
    }
}
