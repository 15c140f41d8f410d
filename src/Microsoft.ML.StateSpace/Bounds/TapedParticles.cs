using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>Particles of a <see cref="TapedScan"/>: they are drawn and chosen without gradients; then log Ẑ, given draws and ancestors, is
/// one function of the weights.</summary>
internal sealed class TapedParticles : IParticles
{
    private readonly ParticleQuery _query;
    private readonly TapedScan _scan;
    private readonly List<Tensor> _segments = [];
    // How often each row has resampled, [row].
    private Tensor _segment;
    private int _step, _resamplings;

    private TapedParticles(ParticleQuery query, TapedScan scan)
    {
        (_query, _scan) = (query, scan);
        _segment = zeros([query.Batch.Count], ScalarType.Int64, query.Batch.Device);
    }

    /// <summary>Lays the particles of a loop; null where it asks for more than gradients through draws and weights.</summary>
    public static TapedParticles? Lay(ParticleQuery query, Encoding encoding) =>
        query.Observer is null && query.FreeEnergy is null && query.Tilt is null && query.Baseline is null && query.StartWeights is null
            && !query.Resampling.IsDifferentiable && TapedScan.Lay(query.Model, query.Inference, encoding, query.Noise, query.Start) is { } scan
            ? new TapedParticles(query, scan) : null;

    /// <inheritdoc/>
    public bool GivesEvidence => true;

    /// <inheritdoc/>
    public ModelState State => _scan.StateAfter(_step);

    /// <inheritdoc/>
    public ParticleDraw Draw(int step)
    {
        _step = step;
        _scan.Draw(step);
        _segments.Add(_segment.narrow(0, 0, _query.Batch.Active[step]));
        var (fit, gain) = _scan.Weigh(step);
        return new TapedDraw(fit, gain);
    }

    /// <inheritdoc/>
    public void Select(int step, Offspring offspring, Tensor fires)
    {
        _scan.Descend(step, ((DrawnOffspring)offspring).Ancestors);
        _segment = _segment.narrow(0, 0, fires.shape[0]) + fires;
        _resamplings++;
    }

    /// <inheritdoc/>
    public void MoveTo(DisposeScope scope)
    {
        _segment.KeepIn(scope);
        _segments[^1].KeepIn(scope);
    }

    /// <inheritdoc/>
    /// <remarks>Differentiable. Between two resamplings of a row its log-weights are sums of increments, particle by particle.</remarks>
    public Tensor LogEvidence()
    {
        var (batch, particles) = (_query.Batch, _query.Noise.Particles);
        var path = _scan.Connect();
        var gain = path.Prior.LogProbability(path.Latent) - path.Posterior.LogProbability(path.Latent);
        var increments = (path.LogLikelihood + _query.KlWeight * gain).view(-1, particles);
        var places = cat([.. _segments], 0) * batch.Count + batch.RowIndex;
        var sums = zeros([(_resamplings + 1L) * batch.Count, particles], increments.dtype, increments.device).index_add(0, places, increments, 1);
        return (sums.logsumexp(-1) - Math.Log(particles)).view(-1, batch.Count).sum([0]);
    }

    private sealed class TapedDraw(Tensor fit, Tensor gain) : ParticleDraw
    {
        public override Tensor Fit => fit;

        public override Tensor Gain => gain;

        public override Tensor Increments(double klWeight) => fit + klWeight * gain;
    }
}
