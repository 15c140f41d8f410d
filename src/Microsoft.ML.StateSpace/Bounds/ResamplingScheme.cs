using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>How ancestors are drawn. In expectation particle i leaves N·wᵢ offspring, so that E[Ẑ] = p(x); the relaxed scheme
/// alone trades that for a gradient.</summary>
public abstract record ResamplingScheme
{
    /// <summary>Whether offspring are copies of one ancestor each, and so have a probability.</summary>
    public virtual bool DrawsAncestors => true;

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public virtual IEnumerable<string> Validate() => [];

    /// <summary>Uniform numbers that a row takes.</summary>
    internal abstract int UniformsPerRow(int particles);

    /// <summary>Draws the offspring of every row; where a row does not resample every particle is its own.</summary>
    /// <param name="logWeights">W, [row, particle], unnormalised.</param>
    /// <param name="fires">The rows that resample, [row].</param>
    /// <param name="uniform">On [0, 1), [row, <see cref="UniformsPerRow"/>].</param>
    internal virtual Offspring Draw(Tensor logWeights, Tensor fires, Tensor uniform)
    {
        using var guard = no_grad();
        var drawn = Ancestors(logWeights, uniform);
        var own = arange(logWeights.shape[1], ScalarType.Int64, drawn.device).expand_as(drawn);
        return new DrawnOffspring(where(fires.unsqueeze(-1), drawn, own));
    }

    /// <summary>Draws ancestors, [row, particle].</summary>
    internal abstract Tensor Ancestors(Tensor logWeights, Tensor uniform);

    /// <summary>log P(ancestors | W) under the scheme, [row], differentiable in W.</summary>
    internal abstract Tensor LogProbability(Tensor logWeights, Tensor ancestors);
}

/// <summary>N independent draws from the weights.</summary>
public sealed record MultinomialResampling : ResamplingScheme
{
    internal override int UniformsPerRow(int particles) => particles;

    internal override Tensor Ancestors(Tensor logWeights, Tensor uniform) =>
        Resampling.Invert(logWeights, uniform.to(ScalarType.Float64));

    internal override Tensor LogProbability(Tensor logWeights, Tensor ancestors) =>
        logWeights.log_softmax(-1).gather(-1, ancestors).sum(-1);
}

/// <summary>One uniform number shifts a comb of N teeth: offspring numbers within 1 of N·w (Carpenter et al. 1999).</summary>
public sealed record SystematicResampling : ResamplingScheme
{
    internal override int UniformsPerRow(int particles) => 1;

    internal override Tensor Ancestors(Tensor logWeights, Tensor uniform) => Resampling.Systematic(logWeights, uniform);

    // The comb's shifts u that give just these ancestors form an interval: each tooth bounds it from both sides.
    internal override Tensor LogProbability(Tensor logWeights, Tensor ancestors)
    {
        var (below, above) = Resampling.Bins(logWeights, ancestors);
        var tooth = arange(ancestors.shape[1], ScalarType.Float64, logWeights.device);
        var width = (above - tooth).amin([-1]).clamp_max(1) - (below - tooth).amax([-1]).clamp_min(0);
        return width.clamp_min(Resampling.LeastProbability).log().to(logWeights.dtype);
    }
}

/// <summary>A draw from each of N strata of equal probability (Kitagawa 1996).</summary>
public sealed record StratifiedResampling : ResamplingScheme
{
    internal override int UniformsPerRow(int particles) => particles;

    internal override Tensor Ancestors(Tensor logWeights, Tensor uniform) => Resampling.Systematic(logWeights, uniform);

    internal override Tensor LogProbability(Tensor logWeights, Tensor ancestors)
    {
        var (below, above) = Resampling.Bins(logWeights, ancestors);
        var stratum = arange(ancestors.shape[1], ScalarType.Float64, logWeights.device);
        var overlap = (above - stratum).clamp_max(1) - (below - stratum).clamp_min(0);
        return overlap.clamp_min(Resampling.LeastProbability).log().sum(-1).to(logWeights.dtype);
    }
}

/// <summary>Every offspring is a blend of all particles by Gumbel-softmax weights, through which gradients flow
/// (Jang et al. 2017).</summary>
/// <remarks>A blend is no draw: E[Ẑ] = p(x) and the bound hold only in the limit of temperature 0, where it becomes multinomial
/// resampling. Evaluation never blends.</remarks>
public sealed record RelaxedResampling : ResamplingScheme
{
    /// <summary>Temperature of the softmax: lower is nearer to drawing, with gradients of more variance. Default ½.</summary>
    public double Temperature { get; init; } = 0.5;

    /// <inheritdoc/>
    public override bool DrawsAncestors => false;

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (!(Temperature > 0))
            yield return $"Temperature is {Temperature}; it must be above 0.";
    }

    internal override int UniformsPerRow(int particles) => particles * particles;

    internal override Offspring Draw(Tensor logWeights, Tensor fires, Tensor uniform)
    {
        long particles = logWeights.shape[1];
        var noisy = logWeights.log_softmax(-1).unsqueeze(1) + Gumbel(uniform, particles).to(logWeights.dtype);
        var blend = (noisy / Temperature).softmax(-1);
        var own = eye(particles, dtype: logWeights.dtype, device: logWeights.device).expand_as(blend);
        return new BlendedOffspring(where(fires.unsqueeze(-1).unsqueeze(-1), blend, own));
    }

    // The limit of temperature 0.
    internal override Tensor Ancestors(Tensor logWeights, Tensor uniform) =>
        (logWeights.to(ScalarType.Float64).unsqueeze(1) + Gumbel(uniform, logWeights.shape[1])).argmax(-1);

    internal override Tensor LogProbability(Tensor logWeights, Tensor ancestors) =>
        throw new InvalidOperationException("A blend of particles has no probability.");

    private static Tensor Gumbel(Tensor uniform, long particles) =>
        uniform.to(ScalarType.Float64).clamp(1e-20, 1 - 1e-12).log().neg().log().neg().view(-1, particles, particles);
}
