using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>One of two distributions, row by row.</summary>
/// <param name="First">Which rows take the first: booleans [row, 1].</param>
/// <param name="IfFirst">Theirs.</param>
/// <param name="Otherwise">The other rows'.</param>
internal sealed record RowChoice(Tensor First, LatentDistribution IfFirst, LatentDistribution Otherwise) : LatentDistribution
{
    public override (Tensor Mean, Tensor Variance)? Moments =>
        IfFirst.Moments is { } a && Otherwise.Moments is { } b ? (where(First, a.Mean, b.Mean), where(First, a.Variance, b.Variance)) : null;

    public override LatentDraw Draw(Tensor noise)
    {
        LatentDraw a = IfFirst.Draw(noise), b = Otherwise.Draw(noise);
        return new LatentDraw(where(First, a.Latent, b.Latent),
            () => where(First.squeeze(-1), a.LogProbability, b.LogProbability));
    }

    public override Tensor LogProbability(Tensor latent) =>
        where(First.squeeze(-1), IfFirst.LogProbability(latent), Otherwise.LogProbability(latent));

    public override LatentDistribution Detach() => new RowChoice(First, IfFirst.Detach(), Otherwise.Detach());
}
