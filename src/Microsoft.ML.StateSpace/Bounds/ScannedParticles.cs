using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>Particles of a <see cref="PosteriorScan"/>: for every model, network and question.</summary>
internal sealed class ScannedParticles(ParticleQuery query, Encoding encoding) : IParticles
{
    private readonly PosteriorScan _scan = new(query.Model, query.Inference, encoding, query.Noise,
        decides: query.Criterion is not NeverCriterion, query.Start);
    private int _step;

    /// <inheritdoc/>
    public bool GivesEvidence => false;

    /// <inheritdoc/>
    public Tensor LogEvidence() => throw new NotSupportedException("The weights give log Ẑ of these particles.");

    /// <inheritdoc/>
    public ModelState State => _scan.State!;

    /// <inheritdoc/>
    public ParticleDraw Draw(int step)
    {
        _step = step;
        _scan.FreeEnergy = query.FreeEnergy is { } watch ? (iteration, value) => watch(_step, iteration, value) : null;
        var drawn = _scan.Draw(step, withPrior: true);
        var (batch, range) = (query.Batch, query.Batch.Step(step));
        return new ScannedDraw(step, drawn, query.Model.LogLikelihood(drawn.Draw.Latent, drawn.Past, range.Of(batch.Observations),
            batch.Observed is null ? null : range.Of(batch.Observed)));
    }

    /// <inheritdoc/>
    public void Select(int step, Offspring offspring, Tensor fires) => _scan.Select(offspring);

    /// <inheritdoc/>
    public void MoveTo(DisposeScope scope) => _scan.MoveStateTo(scope);

    private sealed class ScannedDraw(int time, ScanStep drawn, Tensor fit) : ParticleDraw
    {
        private readonly Tensor _prior = drawn.Prior!.LogProbability(drawn.Draw.Latent), _posterior = drawn.Draw.LogProbability;

        public override Tensor Fit => ByRow(fit);

        public override Tensor Gain => ByRow(_prior - _posterior);

        public override Tensor Increments(double klWeight) =>
            ByRow(klWeight == 1 ? _prior + fit - _posterior : fit + klWeight * (_prior - _posterior));

        public override ParticleStep Step(ModelState state, Tensor logWeights, Tensor? before) =>
            new(time, drawn.Prior!, drawn.Posterior, drawn.Draw, state, fit, logWeights) { Past = drawn.Past, LogWeightsBefore = before };

        // [row, particle] and contiguous: every row's sums then run over memory of its own, whatever rows stand beside it.
        private static Tensor ByRow(Tensor byParticle) => byParticle.transpose(0, 1).contiguous();
    }
}
