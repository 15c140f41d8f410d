using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>What a <see cref="StructuredScan"/> is differentiated by, and its noise.</summary>
/// <param name="Encoding">What the RNN gives ĥ_t, weighted, [S, H].</param>
/// <param name="Start">z_0, [B, Z].</param>
/// <param name="Noise">ε, [S, Z].</param>
/// <param name="CombinerWeight">W, [H, Z].</param>
/// <param name="CombinerBias">b, [H].</param>
/// <param name="HeadWeight">Of mean and variance, [2Z, H].</param>
/// <param name="HeadBias">Of both, [2Z].</param>
internal sealed record StructuredArguments(Tensor Encoding, Tensor Start, Tensor Noise, Tensor CombinerWeight, Tensor CombinerBias,
    Tensor HeadWeight, Tensor HeadBias)
{
    /// <summary>All of them, in order.</summary>
    public Tensor[] All => [Encoding, Start, Noise, CombinerWeight, CombinerBias, HeadWeight, HeadBias];

    /// <summary>The same from their list.</summary>
    public static StructuredArguments Of(IReadOnlyList<Tensor> all) => new(all[0], all[1], all[2], all[3], all[4], all[5], all[6]);
}

/// <summary>What else a <see cref="StructuredScan"/> has to know.</summary>
/// <param name="Order">The steps, forwards.</param>
/// <param name="Weight">The weight of tanh(W z_{t−1} + b) in ĥ_t.</param>
/// <param name="Variance">How a variance is read.</param>
internal sealed record StructuredLayout(ScanOrder Order, double Weight, VarianceParameterisation Variance);

/// <summary>The recursion of structured inference over packed rows as one function with a backward of its own:
/// ĥ_t = w tanh(W z_{t−1} + b) + h_t; (μ_t, r_t) linear in ĥ_t; z_t = μ_t + σ(r_t) ε_t.</summary>
/// <remarks>As in <see cref="RecurrentScan"/>: going back, a step has two products; the gradient of each weight is one product for all steps.
/// <see cref="StructuredInference"/>'s posterior step by step is what it is tested against.</remarks>
internal sealed class StructuredScan : autograd.MultiTensorFunction<StructuredScan>
{
    private const string LayoutKey = "layout";

    public override string Name => nameof(StructuredScan);

    /// <summary>Draws the path: the head's outputs [S, 2Z] and z [S, Z].</summary>
    public static (Tensor Raw, Tensor Latent) Run(StructuredArguments arguments, StructuredLayout layout)
    {
        var outputs = apply([.. arguments.All, layout]);
        return (outputs[0], outputs[1]);
    }

    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (arguments, layout) = (StructuredArguments.Of([.. vars.Take(7).Cast<Tensor>()]), (StructuredLayout)vars[7]);
        var (order, size) = (layout.Order, arguments.Start.shape[1]);
        var tanh = arguments.CombinerBias.expand(arguments.Encoding.shape).contiguous();
        var hidden = arguments.Encoding.clone();
        var raw = arguments.HeadBias.expand(hidden.shape[0], -1).contiguous();
        var latent = arguments.Noise.clone();
        var (combiner, head) = (arguments.CombinerWeight.t().contiguous(), arguments.HeadWeight.t().contiguous());
        for (int i = 0; i < order.Steps; i++)
        {
            using var step = NewDisposeScope();
            var rows = order.Rows(i);
            var (fromLatent, both, z) = (rows.Of(tanh), rows.Of(raw), rows.Of(latent));
            fromLatent.addmm_(i == 0 ? arguments.Start : order.Before(i).Of(latent), combiner).tanh_();
            both.addmm_(rows.Of(hidden).add_(fromLatent, layout.Weight), head);
            z.mul_(layout.Variance.VarianceOf(both.narrow(1, size, size)).sqrt()).add_(both.narrow(1, 0, size));
        }
        ctx.save_for_backward([.. arguments.All, tanh, hidden, raw, latent]);
        ctx.save_data(LayoutKey, layout);
        return [raw, latent];
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        var saved = ctx.get_saved_variables();
        var (arguments, layout) = (StructuredArguments.Of(saved), (StructuredLayout)ctx.get_data(LayoutKey)!);
        var (tanh, hidden, raw, latent) = (saved[7], saved[8], saved[9], saved[10]);
        var (order, size) = (layout.Order, latent.shape[1]);
        var (ofRaw, ofLatent) = (grad_outputs[0].clone(), grad_outputs[1].clone());
        var spread = arguments.Noise * layout.Variance.ScaleSlope(raw.narrow(1, size, size));
        var ofHidden = zeros_like(hidden);
        var ofSum = layout.Weight * (1 - tanh.square());
        for (int i = order.Steps - 1; i >= 0; i--)
        {
            using var step = NewDisposeScope();
            var rows = order.Rows(i);
            var (z, both, state) = (rows.Of(ofLatent), rows.Of(ofRaw), rows.Of(ofHidden));
            if (i + 1 < order.Steps)
                order.Before(i + 1).Of(ofLatent).addmm_(order.Rows(i + 1).Of(ofSum), arguments.CombinerWeight);
            both.narrow(1, 0, size).add_(z);
            both.narrow(1, size, size).addcmul_(z, rows.Of(spread), 1);
            rows.Of(ofSum).mul_(state.addmm_(both, arguments.HeadWeight));
        }
        var first = order.Rows(0).Of(ofSum);
        return
        [
            ofHidden, first.mm(arguments.CombinerWeight), null!, order.OfWeights(ofSum, latent).addmm_(first.t(), arguments.Start), ofSum.sum([0]),
            ofRaw.t().mm(hidden), ofRaw.sum([0]), null!,
        ];
    }
}
