using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>What becomes of FIVO's particles, gathered window by window.</summary>
/// <param name="rows">The sequences, longest first.</param>
/// <param name="particles">N</param>
internal sealed class FivoTraces(IReadOnlyList<Sequence> rows, int particles)
{
    private readonly List<float>[] _weights = [.. rows.Select(_ => new List<float>())];
    private readonly List<float>[] _sizes = [.. rows.Select(_ => new List<float>())];
    private readonly List<bool>[] _resampled = [.. rows.Select(_ => new List<bool>())];

    /// <summary>Takes a window.</summary>
    /// <param name="batch">The window.</param>
    /// <param name="weights">W after each of its steps, [row, particle].</param>
    /// <param name="terms">What the loop returned.</param>
    /// <param name="goingOn">Rows that go on after the window.</param>
    public void Add(SequenceBatch batch, IReadOnlyList<Tensor> weights, ParticleTerms terms, int goingOn)
    {
        float[] sizes = terms.EffectiveSampleSize.to(ScalarType.Float32).cpu().data<float>().ToArray();
        bool[] resampled = terms.Resampled.cpu().data<bool>().ToArray();
        for (int t = 0; t < batch.Steps; t++)
        {
            float[] step = weights[t].to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
            for (int b = 0; b < batch.Active[t]; b++)
            {
                _weights[b].AddRange(step.AsSpan(b * particles, particles));
                _sizes[b].Add(sizes[batch.Offsets[t] + b]);
                _resampled[b].Add(resampled[batch.Offsets[t] + b]);
            }
        }
        // These resample as the next window begins.
        bool[] fires = goingOn == 0 ? [] : ResamplingCriterion.EffectiveSampleSize.Fires(0, weights[^1].narrow(0, 0, goingOn)).cpu().data<bool>().ToArray();
        for (int b = 0; b < fires.Length; b++)
            _resampled[b][^1] = fires[b];
    }

    /// <summary>The trace of a row, in the data's units.</summary>
    /// <param name="row">The row.</param>
    /// <param name="place">Its place in the data.</param>
    public ParticleTrace Of(int row, int place)
    {
        float[] weights = [.. _weights[row]];
        bool[] resampled = [.. _resampled[row]];
        // W_t holds the densities of all steps since the particles were last resampled.
        double sum = 0;
        for (int t = 0; t < resampled.Length; t++)
        {
            sum += rows[row].LogJacobianOf(t);
            foreach (ref float weight in weights.AsSpan(t * particles, particles))
                weight += (float)sum;
            if (resampled[t])
                sum = 0;
        }
        return new ParticleTrace(place, rows[row].Id, weights, [.. _sizes[row]], resampled);
    }
}
