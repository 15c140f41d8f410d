using Microsoft.ML.StateSpace.Data;
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
/// <remarks>It stays where the weights are, so that no update waits for another's numbers.</remarks>
/// <param name="decay">Decay of the mean per update.</param>
internal sealed class ReturnBaseline(double decay) : BoundState, IDisposable
{
    // The decayed sum of means, and that of ones.
    private Tensor _sums = zeros([2], ScalarType.Float64).DetachFromDisposeScope();

    /// <summary>Nats per step to come, on a device; 0 before the first update.</summary>
    public Tensor On(Device device)
    {
        using var scope = NewDisposeScope();
        MoveTo(device);
        return where(_sums[1].eq(0), zeros_like(_sums[0]), _sums[0] / _sums[1]).MoveToOuterDisposeScope();
    }

    /// <summary>Takes a batch's mean in, where it made a draw.</summary>
    /// <param name="gained">What its draws gained per step to come, summed, in float64.</param>
    /// <param name="draws">How many they were, in float64.</param>
    public void Update(Tensor gained, Tensor draws)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        MoveTo(gained.device);
        var mean = stack([gained / draws, ones_like(draws)], 0);
        Keep(where(draws.gt(0), decay * _sums + (1 - decay) * mean, _sums));
    }

    /// <inheritdoc/>
    public override double[] Save() => [.. _sums.cpu().data<double>()];

    /// <inheritdoc/>
    public override void Restore(ReadOnlySpan<double> saved)
    {
        if (saved.Length != 2)
            throw new InvalidDataException($"A score function's baseline consists of 2 numbers, not {saved.Length}.");
        Keep(tensor(saved.ToArray()));
    }

    /// <inheritdoc/>
    public void Dispose() => _sums.Dispose();

    private void MoveTo(Device device)
    {
        if (_sums.device_type != device.type || _sums.device_index != device.index)
            Keep(_sums.to(device));
    }

    private void Keep(Tensor sums)
    {
        var before = _sums;
        _sums = sums.DetachFromDisposeScope();
        before.Dispose();
    }
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
        Tensor? total = null, gained = null, draws = null;
        var expected = baseline.On(evidence.device).to(evidence.dtype);
        foreach (var (step, logProbability, fires, before) in _draws)
        {
            long rows = fires.shape[0];
            var ahead = tensor([.. lengths.Take((int)rows).Select(l => (double)(l - 1 - step))]).SendTo(evidence.device, evidence.dtype);
            var gain = evidence.detach().narrow(0, 0, rows) - before;
            var score = logProbability * (gain - expected * ahead);
            score = cat([score - score.detach(), zeros([evidence.shape[0] - rows], score.dtype, score.device)], 0);
            total = total is null ? score : total + score;
            var sum = where(fires, gain / ahead, zeros_like(gain)).sum().to(ScalarType.Float64);
            gained = gained is null ? sum : gained + sum;
            var count = fires.to(ScalarType.Float64).sum();
            draws = draws is null ? count : draws + count;
        }
        if (draws is not null)
            baseline.Update(gained!, draws);
        return total;
    }
}
