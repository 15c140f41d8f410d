using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>FIVO of a batch: the inference network itself proposes, as in Maddison et al. 2017, whether or not it sees the future;
/// systematic resampling when the effective sample size is at most half the particles.</summary>
internal sealed class FivoEvaluation(StateSpaceNetworks networks, SequenceBatch batch)
{
    private readonly List<Tensor> _weights = [];

    /// <summary>log Ẑ of every row, in nats, [batch]; call without gradients.</summary>
    /// <param name="encoding">What the inference network read.</param>
    /// <param name="noise">Draws; its particles are all there are: resampling needs them together.</param>
    /// <param name="trace">Given every row's place in the batch and its trace; null: none.</param>
    public Tensor Run(Encoding encoding, NoiseSource noise, Action<int, float[], float[], bool[]>? trace)
    {
        using var scope = NewDisposeScope();
        var terms = ParticleLoop.Run(new ParticleQuery(networks.Generative, networks.Inference, batch, noise)
        {
            Encoding = encoding,
            Tilt = networks.Tilt,
            Observer = trace is null ? null : step => _weights.Add(step.LogWeights.to(ScalarType.Float32).cpu().KeepIn(scope)),
        });
        if (trace is not null)
            Report(terms, noise.Particles, trace);
        return terms.LogEvidence.MoveToOuterDisposeScope();
    }

    private void Report(ParticleTerms terms, int particles, Action<int, float[], float[], bool[]> trace)
    {
        float[] sizes = terms.EffectiveSampleSize.to(ScalarType.Float32).cpu().data<float>().ToArray();
        bool[] resampled = terms.Resampled.cpu().data<bool>().ToArray();
        for (int b = 0; b < batch.Count; b++)
        {
            int length = batch.Lengths[b];
            var weights = new float[length * particles];
            for (int t = 0; t < length; t++)
                _weights[t][b].data<float>().CopyTo(weights.AsSpan(t * particles, particles));
            long[] places = [.. Enumerable.Range(0, length).Select(t => batch.Offsets[t] + b)];
            trace(b, weights, [.. places.Select(p => sizes[p])], [.. places.Select(p => resampled[p])]);
        }
    }
}
