using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>The neural autoregressive distribution estimator (Larochelle and Murray 2011) of D binary numbers:
/// logit p(x_d = 1 | x_1 … x_{d−1}) = b_d + V_d · σ(c + Σ_{j&lt;d} W_j x_j), the biases b and c given from outside.</summary>
/// <remarks>One dimension after the other: on a CPU no slower than cumulative sums over blocks of dimensions, which are
/// [D, .., H], and a particle's numbers then do not depend on how many others share the product.</remarks>
internal sealed class Nade : nn.Module
{
    private readonly Parameter weight;
    private readonly Parameter readout;

    /// <summary>Xavier W, zero V: as made, the dimensions are independent and b alone predicts them.</summary>
    public Nade(int size, int hidden, Initializer initializer) : base(nameof(Nade))
    {
        weight = initializer.Weight(size, hidden);
        readout = initializer.Weight(size, hidden);
        Initializer.SetConstant(readout);
        RegisterComponents();
    }

    /// <summary>The logits of every dimension given those before it: [.., D].</summary>
    /// <param name="outputBias">b, [.., D]</param>
    /// <param name="hiddenBias">c, [.., H]</param>
    /// <param name="known">x, [.., D], broadcast over leading dimensions; 0 where it is not known.</param>
    public Tensor Logits(Tensor outputBias, Tensor hiddenBias, Tensor known)
    {
        using var scope = NewDisposeScope();
        Tensor[] x = known.split(1, -1), w = weight.unbind(), v = readout.unbind();
        var logits = new Tensor[x.Length];
        if (known.dim() > hiddenBias.dim())
            hiddenBias = hiddenBias.expand([.. known.shape[..(int)(known.dim() - hiddenBias.dim())], .. hiddenBias.shape]);
        Tensor? past = null;
        for (int d = 0; d < x.Length; d++)
        {
            logits[d] = Logit(past is null ? hiddenBias : hiddenBias + past, v[d]);
            past = past is null ? x[d] * w[d] : past.addcmul(x[d], w[d], 1);
        }
        return (stack(logits, -1) + outputBias).MoveToOuterDisposeScope();
    }

    /// <summary>A draw by inversion, [.., D] of 0 and 1; without gradients.</summary>
    /// <param name="outputBias">b, [.., D]</param>
    /// <param name="hiddenBias">c, [.., H]</param>
    /// <param name="uniform">[.., D]</param>
    public Tensor Sample(Tensor outputBias, Tensor hiddenBias, Tensor uniform)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] b = outputBias.split(1, -1), u = uniform.split(1, -1), w = weight.unbind(), v = readout.unbind();
        var drawn = new Tensor[b.Length];
        var state = hiddenBias;
        for (int d = 0; d < b.Length; d++)
        {
            using var step = NewDisposeScope();
            drawn[d] = u[d].lt((Logit(state, v[d]).unsqueeze(-1) + b[d]).sigmoid()).to(state.dtype).MoveToOuterDisposeScope();
            state = state.addcmul(drawn[d], w[d], 1).MoveToOuterDisposeScope();
        }
        return cat(drawn, -1).MoveToOuterDisposeScope();
    }

    private static Tensor Logit(Tensor state, Tensor readout) => (state.sigmoid() * readout).sum(-1);
}
