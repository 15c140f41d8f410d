using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>The free energy of the steps of a batch, one at a time, with what leads from z_t to p(x_t | z_t, past) on a tape of its own: weights are laid
/// out once for all steps, and no gradient of theirs is asked for. <see cref="GraphFreeEnergy"/> is what it is tested against.</summary>
internal sealed class TapedFreeEnergy : FreeEnergy
{
    private readonly EmissionModule _emission;
    private readonly SequenceBatch _batch;
    private readonly ScanTape _past;
    private readonly StepTape _tape;
    private readonly TapedPast _laid;
    private readonly TapedEmissionInput _input;
    private readonly TapeValue[] _read;
    private readonly int _draws;
    private readonly bool _hasParticles;
    private int _step;
    private DiagonalGaussian? _prior;

    /// <summary>Lays it.</summary>
    /// <param name="model">p(x, z)</param>
    /// <param name="batch">The rows, with nothing missing.</param>
    /// <param name="tape">The tape of the recursion.</param>
    /// <param name="laid">What the model has laid there.</param>
    /// <param name="draws">Draws of z_t behind each estimate.</param>
    /// <param name="hasParticles">Whether the particles of a row are a dimension of λ.</param>
    public TapedFreeEnergy(GenerativeModule model, SequenceBatch batch, ScanTape tape, TapedPast laid, int draws, bool hasParticles)
    {
        (_emission, _batch, _past, _laid, _draws, _hasParticles) = (model.Emission, batch, tape, laid, draws, hasParticles);
        _tape = new StepTape(batch, draws * tape.Particles);
        _input = model.LayEmissionInput(_tape);
        _read = _emission.Lay(_tape, [_input.Encoded, _input.Context]);
    }

    /// <inheritdoc/>
    public override LatentDistribution Prior => _prior!;

    /// <inheritdoc/>
    public override Tensor Observation => _batch.Step(_step).Of(_batch.Observations);

    /// <inheritdoc/>
    public override Tensor? Observed => null;

    /// <summary>Goes on to a step whose past has been computed.</summary>
    public void Enter(int step)
    {
        using var guard = no_grad();
        _step = step;
        var prior = _laid.Prior.At(step);
        _prior = _hasParticles ? new DiagonalGaussian(ByParticle(prior.Mean), ByParticle(prior.Variance)) : prior;
        _tape.ByParticle(_input.Context, step).unflatten(0, [_draws, _past.Particles]).copy_(_past.ByParticle(_laid.EmissionContext, step));
        _tape.Enter(step);
    }

    /// <inheritdoc/>
    public override Tensor GradientAt(Tensor lambda, Tensor noise)
    {
        using var guard = no_grad();
        var (q, size) = (Gaussian(lambda), lambda.shape[^1] / 2);
        var latent = q.Sample(noise);
        Run(latent);
        var observation = _tape.Particles == 1 ? Observation : Observation.repeat_interleave(_tape.Particles, 0);
        _tape.Back(_step, _read.Zip(_emission.SlopesOf([.. _read.Select(value => value.At(_step))], observation)));
        var ofLatent = _input.Latent.GradientAt(_step).view(-1, _tape.Particles, size).transpose(0, 1).reshape(latent.shape);
        var ofFit = MeanOverDraws(cat([ofLatent, ofLatent * noise * (0.5 * q.Variance.sqrt())], -1));
        // ∇ KL = ((μ − m)/p, ½ (v/p − 1))
        var ofDivergence = cat([(q.Mean - _prior!.Mean) / _prior.Variance, 0.5 * (q.Variance / _prior.Variance - 1)], -1);
        return ofDivergence - ofFit;
    }

    /// <inheritdoc/>
    protected override Tensor ObservationMeans(Tensor latent)
    {
        Run(latent);
        var means = _emission.MeanOf([.. _read.Select(value => _tape.ByParticle(value, _step))]);
        return means.reshape([.. latent.shape[..^1], means.shape[^1]]);
    }

    private void Run(Tensor latent)
    {
        _tape.ByParticle(_input.Latent, _step).copy_(latent.reshape([-1, .. latent.shape[^2..]]));
        _tape.Forward(_step);
    }

    private Tensor ByParticle(Tensor rows) => rows.view(-1, _past.Particles, rows.shape[^1]).transpose(0, 1);
}
