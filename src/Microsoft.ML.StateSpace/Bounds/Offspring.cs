using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>The particles that go on after resampling, in terms of those before it.</summary>
internal abstract record Offspring
{
    /// <summary>The offspring's states; parts without a particle dimension are shared by all.</summary>
    public ModelState Of(ModelState state) => state.Map(part => part.dim() < 3 ? part : OfPart(part));

    /// <summary>The offspring's share of a quantity [row, particle].</summary>
    public abstract Tensor Of(Tensor quantity);

    /// <summary>The number of rows.</summary>
    public abstract long Rows { get; }

    /// <summary>[particle, row, ·] to the same.</summary>
    protected abstract Tensor OfPart(Tensor part);
}

/// <summary>Offspring that are copies of one ancestor each.</summary>
/// <param name="Ancestors">[row, particle], numbers of particles.</param>
internal sealed record DrawnOffspring(Tensor Ancestors) : Offspring
{
    public override long Rows => Ancestors.shape[0];

    public override Tensor Of(Tensor quantity) => quantity.gather(-1, Ancestors);

    protected override Tensor OfPart(Tensor part) =>
        part.gather(0, Ancestors.transpose(0, 1).unsqueeze(-1).expand(-1, -1, part.shape[^1]));
}

/// <summary>Offspring that blend all particles.</summary>
/// <param name="Shares">[row, offspring, particle]; each offspring's sum to 1.</param>
internal sealed record BlendedOffspring(Tensor Shares) : Offspring
{
    public override long Rows => Shares.shape[0];

    public override Tensor Of(Tensor quantity) => Shares.bmm(quantity.unsqueeze(-1)).squeeze(-1);

    protected override Tensor OfPart(Tensor part) => Shares.bmm(part.transpose(0, 1)).transpose(0, 1);
}
