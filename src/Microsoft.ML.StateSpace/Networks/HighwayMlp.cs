using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>A hidden layer, then highway layers (Srivastava et al. 2015): y = T(x) ⊙ H(x) + (1 − T(x)) ⊙ x.</summary>
internal sealed class HighwayMlp : nn.Module<Tensor, Tensor>
{
    private readonly Affine first;
    private readonly ModuleList<Affine> layers = new();
    private readonly Activation _activation;
    private readonly int _width;

    /// <summary>Makes <paramref name="count"/> layers of <paramref name="width"/> units, at least one.</summary>
    public HighwayMlp(long inputs, int width, int count, Activation activation, Initializer initializer) : base(nameof(HighwayMlp))
    {
        (_activation, _width) = (activation, width);
        first = new Affine(inputs, width, initializer);
        for (int i = 1; i < count; i++)
        {
            // Proposal and gate read the same input: one product serves both.
            var layer = new Affine(width, 2L * width, initializer);
            initializer.SetWeight(layer.Weight, 2);
            layers.Add(layer);
        }
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        var x = first.Activated(input, _activation);
        foreach (var layer in layers)
        {
            var both = layer.call(x);
            x = x.lerp(_activation.Apply(both.narrow(-1, 0, _width)), RowFunctions.Sigmoid(both.narrow(-1, _width, _width)));
        }
        return x;
    }
}
