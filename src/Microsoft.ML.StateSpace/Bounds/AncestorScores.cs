using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>What a bound keeps from update to update of one training run.</summary>
public abstract class BoundState
{
    /// <summary>The numbers that it consists of, for a checkpoint.</summary>
    public abstract double[] Save();

    /// <summary>Becomes what <see cref="Save"/> once gave.</summary>
    /// <exception cref="InvalidDataException">There are more or fewer numbers.</exception>
    public abstract void Restore(ReadOnlySpan<double> saved);
}

/// <summary>The running mean of what a particle loop still gains after resampling, per step to come: the baseline of the
/// score-function gradient.</summary>
/// <param name="decay">Decay of the mean per update.</param>
internal sealed class ReturnBaseline(double decay) : BoundState
{
    private double _mean;
    private double _weight;

    /// <summary>Nats per step to come; 0 before the first update.</summary>
    public double Value => _weight == 0 ? 0 : _mean / _weight;

    /// <summary>Takes a batch's mean in.</summary>
    public void Update(double gainPerStep)
    {
        _mean = decay * _mean + (1 - decay) * gainPerStep;
        _weight = decay * _weight + (1 - decay);
    }

    /// <inheritdoc/>
    public override double[] Save() => [_mean, _weight];

    /// <inheritdoc/>
    public override void Restore(ReadOnlySpan<double> saved) => (_mean, _weight) = saved is [var mean, var weight] ? (mean, weight)
        : throw new InvalidDataException($"A score function's baseline consists of 2 numbers, not {saved.Length}.");
}

/// <summary>The score-function gradient through ancestors (Maddison et al. 2017): Σ over resampling steps of
/// ∇ log P(ancestors | W) · (what log Ẑ still gains − baseline).</summary>
internal sealed class AncestorScores(ReturnBaseline baseline)
{
    private readonly List<(int Step, Tensor LogProbability, Tensor Fires, Tensor Evidence)> _draws = [];

    /// <summary>Takes note of a draw.</summary>
    /// <param name="step">t</param>
    /// <param name="logProbability">log P(ancestors | W), [row]; 0 where a row did not resample.</param>
    /// <param name="fires">The rows that resampled, [row].</param>
    /// <param name="evidence">log Ẑ up to the draw, [row].</param>
    public void Add(int step, Tensor logProbability, Tensor fires, Tensor evidence) =>
        _draws.Add((step, logProbability, fires, evidence.detach()));

    /// <summary>Adds to <paramref name="evidence"/> [batch] a term of value 0 whose gradient is the score function's; null when no draw was made.</summary>
    /// <param name="evidence">The final log Ẑ, [batch].</param>
    /// <param name="lengths">Length of each row.</param>
    public Tensor? Term(Tensor evidence, int[] lengths)
    {
        Tensor? total = null;
        double gained = 0, draws = 0;
        foreach (var (step, logProbability, fires, before) in _draws)
        {
            long rows = fires.shape[0];
            var ahead = tensor([.. lengths.Take((int)rows).Select(l => (double)(l - 1 - step))]).to(evidence.dtype, evidence.device);
            var gain = evidence.detach().narrow(0, 0, rows) - before;
            var score = logProbability * (gain - baseline.Value * ahead);
            score = cat([score - score.detach(), zeros([evidence.shape[0] - rows], score.dtype, score.device)], 0);
            total = total is null ? score : total + score;
            gained += where(fires, gain / ahead, zeros_like(gain)).sum().to(ScalarType.Float64).item<double>();
            draws += fires.to(ScalarType.Float64).sum().item<double>();
        }
        if (draws > 0)
            baseline.Update(gained / draws);
        return total;
    }
}
