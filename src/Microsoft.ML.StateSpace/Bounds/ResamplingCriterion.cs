using System.Runtime.InteropServices;
using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>When a particle loop resamples. Unless a criterion reads the weights, the score-function gradient is unbiased.</summary>
public abstract record ResamplingCriterion
{
    /// <summary>When the effective sample size is at most half the particles.</summary>
    public static ResamplingCriterion EffectiveSampleSize { get; } = new EffectiveSampleSizeCriterion();

    /// <summary>After every step.</summary>
    public static ResamplingCriterion Always { get; } = new AlwaysCriterion();

    /// <summary>Never: importance sampling.</summary>
    public static ResamplingCriterion Never { get; } = new NeverCriterion();

    /// <summary>Whether any row may resample after step <paramref name="step"/>, counted from 0; when not, nothing is drawn.</summary>
    public virtual bool CanFire(int step) => true;

    /// <summary>The rows that resample after a step, [row] of booleans.</summary>
    /// <param name="step">t, from 0.</param>
    /// <param name="logWeights">W, [row, particle], unnormalised.</param>
    public virtual Tensor Fires(int step, Tensor logWeights) =>
        full([logWeights.shape[0]], CanFire(step), ScalarType.Bool, logWeights.device);

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public virtual IEnumerable<string> Validate() => [];
}

/// <summary>When the effective sample size has fallen: 2·lse(W) − lse(2W) ≤ log(threshold · N), inclusive (Maddison et al. 2017).</summary>
public sealed record EffectiveSampleSizeCriterion : ResamplingCriterion
{
    /// <summary>Share of the particles at which a row resamples. Default ½.</summary>
    public double Threshold { get; init; } = 0.5;

    /// <inheritdoc/>
    public override Tensor Fires(int step, Tensor logWeights)
    {
        double most = Math.Log(logWeights.shape[1] * Threshold);
        if (!logWeights.IsOnHost())
            return Resampling.LogEffectiveSampleSize(logWeights).le(most);
        var weights = new RowWeights(logWeights);
        var fires = empty([weights.Rows], ScalarType.Bool);
        var flags = MemoryMarshal.Cast<byte, bool>(fires.bytes);
        for (int row = 0; row < flags.Length; row++)
            flags[row] = weights.LogEffectiveSampleSize(row) <= most;
        return fires;
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (Threshold is not (> 0 and <= 1))
            yield return $"Threshold is {Threshold}; it must be above 0 and at most 1.";
    }
}

/// <summary>After every step.</summary>
public sealed record AlwaysCriterion : ResamplingCriterion;

/// <summary>Never: importance sampling.</summary>
public sealed record NeverCriterion : ResamplingCriterion
{
    /// <inheritdoc/>
    public override bool CanFire(int step) => false;
}

/// <summary>After every n-th step.</summary>
public sealed record EveryNCriterion : ResamplingCriterion
{
    /// <summary>n; 1 is every step. Default 2.</summary>
    public int Every { get; init; } = 2;

    /// <inheritdoc/>
    public override bool CanFire(int step) => (step + 1) % Every == 0;

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (Every < 1)
            yield return $"Every is {Every}; it must be at least 1.";
    }
}

/// <summary>After the steps of a list.</summary>
public sealed record StepsCriterion : ResamplingCriterion
{
    /// <summary>The steps, counted from 0. Default none.</summary>
    public IReadOnlyList<int> Steps { get; init; } = [];

    /// <inheritdoc/>
    public override bool CanFire(int step) => Steps.Contains(step);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (Steps.Count == 0)
            yield return "Steps is empty; name a step, or choose the criterion 'Never'.";
        foreach (int step in Steps.Where(s => s < 0))
            yield return $"Steps holds {step}; steps count from 0.";
    }

    /// <summary>Whether the lists hold the same steps in the same order.</summary>
    public bool Equals(StepsCriterion? other) => other is not null && Steps.SequenceEqual(other.Steps);

    /// <inheritdoc/>
    public override int GetHashCode() => Steps.Aggregate(Steps.Count, HashCode.Combine);
}
