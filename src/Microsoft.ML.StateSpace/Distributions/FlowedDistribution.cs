using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Distributions;

/// <summary>A distribution pushed through inverse autoregressive flows: log q(z) = log q_0(z_0) − Σ log |∂z_k/∂z_{k−1}|
/// (Kingma et al. 2016, eq. 5).</summary>
/// <param name="Start">q_0, the distribution before the flows.</param>
/// <param name="Flows">The layers, in the order that a draw goes through them.</param>
/// <param name="Context">What the layers read beside z, [.., row, C]; null: nothing.</param>
internal sealed record FlowedDistribution(LatentDistribution Start, IReadOnlyList<InverseAutoregressiveFlow> Flows, Tensor? Context)
    : LatentDistribution
{
    private bool Frozen { get; init; }

    /// <summary>Null: no moment of it has a closed form.</summary>
    public override (Tensor Mean, Tensor Variance)? Moments => null;

    public override LatentDraw Draw(Tensor noise)
    {
        var start = Start.Draw(noise);
        var latent = start.Latent;
        var gates = new Tensor[Flows.Count];
        for (int k = 0; k < gates.Length; k++)
            (latent, gates[k]) = Flows[k].Push(latent, Context, Frozen);
        return new LatentDraw(latent, () => gates.Aggregate(start.LogProbability, (sum, gate) => sum - gate.sum(-1)));
    }

    public override Tensor LogProbability(Tensor latent)
    {
        var logDeterminant = zeros_like(latent.select(-1, 0));
        for (int k = Flows.Count - 1; k >= 0; k--)
        {
            (latent, var gate) = Flows[k].Pull(latent, Context, Frozen);
            logDeterminant = logDeterminant + gate.sum(-1);
        }
        return Start.LogProbability(latent) - logDeterminant;
    }

    public override LatentDistribution Detach() => new FlowedDistribution(Start.Detach(), Flows, Context?.detach()) { Frozen = true };
}
