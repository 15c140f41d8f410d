using System.Runtime.InteropServices;
using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>How ancestors are drawn. In expectation particle i leaves N·wᵢ offspring, so that E[Ẑ] = p(x); the relaxed scheme
/// alone trades that for a gradient.</summary>
public abstract record ResamplingScheme
{
    /// <summary>Whether ∇ log P(ancestors | W) makes a gradient of finite variance. Where one number draws several ancestors, each
    /// likely set of them has unlikely neighbours, at which the score has no second moment.</summary>
    public virtual bool HasScoreFunction => false;

    /// <summary>Whether gradients reach the weights through the offspring themselves.</summary>
    public virtual bool IsDifferentiable => false;

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public virtual IEnumerable<string> Validate() => [];

    /// <summary>Uniform numbers that a row takes.</summary>
    internal abstract int UniformsPerRow(int particles);

    /// <summary>Draws the offspring of every row; where a row does not resample every particle is its own.</summary>
    /// <param name="logWeights">W, [row, particle], unnormalised.</param>
    /// <param name="fires">The rows that resample, [row].</param>
    /// <param name="uniform">On [0, 1), [row, <see cref="UniformsPerRow"/>].</param>
    internal abstract Offspring Draw(Tensor logWeights, Tensor fires, Tensor uniform);

    /// <summary>Draws ancestors, [row, particle].</summary>
    internal abstract Tensor Ancestors(Tensor logWeights, Tensor uniform);

    /// <summary>log P(ancestors | W), [row], differentiable in W.</summary>
    /// <exception cref="InvalidOperationException">The scheme has no score function.</exception>
    internal virtual Tensor LogProbability(Tensor logWeights, Tensor ancestors) =>
        throw new InvalidOperationException($"{GetType().Name} has no score function.");
}

/// <summary>The schemes whose every offspring is the particle on whose share of [0, 1) a point lies.</summary>
public abstract record PointResampling : ResamplingScheme
{
    internal sealed override Offspring Draw(Tensor logWeights, Tensor fires, Tensor uniform)
    {
        using var guard = no_grad();
        if (logWeights.IsOnHost())
            return new DrawnOffspring(InMemory(logWeights, fires, uniform));
        var drawn = Ancestors(logWeights, uniform);
        var own = arange(logWeights.shape[1], ScalarType.Int64, drawn.device).expand_as(drawn);
        return new DrawnOffspring(where(fires.unsqueeze(-1), drawn, own));
    }

    internal sealed override Tensor Ancestors(Tensor logWeights, Tensor uniform) =>
        Resampling.Invert(logWeights, Points(uniform.to(ScalarType.Float64), logWeights.shape[1]));

    /// <summary>The points of [0, 1) whose particles become ancestors, [row, particle].</summary>
    /// <param name="uniform">In float64, [row, <see cref="ResamplingScheme.UniformsPerRow"/>].</param>
    /// <param name="particles">N.</param>
    internal abstract Tensor Points(Tensor uniform, long particles);

    /// <summary>The same of one row.</summary>
    internal abstract void Points(ReadOnlySpan<double> uniform, Span<double> points);

    private Tensor InMemory(Tensor logWeights, Tensor fires, Tensor uniform)
    {
        var weights = new RowWeights(logWeights);
        int particles = weights.Particles, each = UniformsPerRow(particles);
        var ancestors = empty(logWeights.shape, ScalarType.Int64);
        Span<long> chosen = MemoryMarshal.Cast<byte, long>(ancestors.bytes);
        ReadOnlySpan<bool> flags = MemoryMarshal.Cast<byte, bool>(fires.bytes);
        double[] numbers = new double[weights.Rows * each], points = new double[particles];
        RowWeights.Read(uniform, numbers);
        for (int row = 0; row < weights.Rows; row++)
        {
            var own = chosen.Slice(row * particles, particles);
            for (int i = 0; i < particles; i++)
                own[i] = i;
            if (!flags[row])
                continue;
            Points(numbers.AsSpan(row * each, each), points);
            weights.Invert(row, points, own);
        }
        return ancestors;
    }
}

/// <summary>N independent draws from the weights.</summary>
public sealed record MultinomialResampling : PointResampling
{
    /// <inheritdoc/>
    public override bool HasScoreFunction => true;

    internal override int UniformsPerRow(int particles) => particles;

    internal override Tensor Points(Tensor uniform, long particles) => uniform;

    internal override void Points(ReadOnlySpan<double> uniform, Span<double> points) => uniform.CopyTo(points);

    internal override Tensor LogProbability(Tensor logWeights, Tensor ancestors) =>
        logWeights.log_softmax(-1).gather(-1, ancestors).sum(-1);
}

/// <summary>One uniform number shifts a comb of N teeth: offspring numbers within 1 of N·w (Carpenter et al. 1999).</summary>
public sealed record SystematicResampling : PointResampling
{
    internal override int UniformsPerRow(int particles) => 1;

    internal override Tensor Points(Tensor uniform, long particles) => Resampling.Comb(uniform, particles);

    internal override void Points(ReadOnlySpan<double> uniform, Span<double> points)
    {
        for (int i = 0; i < points.Length; i++)
            points[i] = (i + uniform[0]) / points.Length;
    }
}

/// <summary>A draw from each of N strata of equal probability (Kitagawa 1996).</summary>
public sealed record StratifiedResampling : PointResampling
{
    internal override int UniformsPerRow(int particles) => particles;

    internal override Tensor Points(Tensor uniform, long particles) => Resampling.Comb(uniform, particles);

    internal override void Points(ReadOnlySpan<double> uniform, Span<double> points)
    {
        for (int i = 0; i < points.Length; i++)
            points[i] = (i + uniform[i]) / points.Length;
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
    public override bool IsDifferentiable => true;

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

    private static Tensor Gumbel(Tensor uniform, long particles) =>
        uniform.to(ScalarType.Float64).clamp(1e-20, 1 - 1e-12).log().neg().log().neg().view(-1, particles, particles);
}
