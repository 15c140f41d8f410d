using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>Draws z_1, z_2, … as a <see cref="PosteriorScan"/> does, from the same noise, on a tape: for gradients, of models and networks that
/// have one. <see cref="PosteriorScan"/> is what it is tested against.</summary>
internal sealed class TapedScan
{
    private readonly GenerativeModule _model;
    private readonly SequenceBatch _batch;
    private readonly NoiseSource _noise;
    private readonly ScanTape _tape;
    private readonly TapedModel _laid;
    private readonly TapeGain _gain;
    private readonly Tensor _observations;
    private Tensor[]? _observationsOf;
    private bool _hasNoise;

    private TapedScan(GenerativeModule model, InferenceModule inference, Encoding encoding, NoiseSource noise)
    {
        (_model, _batch, _noise) = (model, encoding.Batch, noise);
        _tape = new ScanTape(_batch, Math.Max(1, noise.Particles));
        _laid = model.Lay(_tape, _batch, encoding.Path ?? model.EncodePath(_batch)!, past =>
        {
            var posterior = inference.Lay(_tape, encoding, past, noise);
            _tape.Add(new NoiseOfDraw(DrawNoise));
            return posterior;
        });
        _gain = new TapeGain(_laid.Prior, _laid.Draw, _tape);
        _observations = _tape.Particles == 1 ? _batch.Observations : _batch.Observations.repeat_interleave(_tape.Particles, 0);
    }

    /// <summary>Lays a scan where that serves; null where steps have to be taken one by one.</summary>
    /// <param name="model">p(x, z)</param>
    /// <param name="inference">q(z | x)</param>
    /// <param name="encoding">The batch as <paramref name="inference"/> read it.</param>
    /// <param name="noise">Draws.</param>
    /// <param name="start">The state that an earlier window ended in; null: the sequences begin.</param>
    public static TapedScan? Lay(GenerativeModule model, InferenceModule inference, Encoding encoding, NoiseSource noise, ModelState? start) =>
        is_grad_enabled() && !Affine.IsApart && noise.Particles < Affine.ParticlesForOwnProduct && start is null
            && encoding.Batch.Observed is null && model.HasTape && inference.HasTape ? new TapedScan(model, inference, encoding, noise) : null;

    /// <summary>Draws a step; steps are drawn in order, from 0.</summary>
    public void Draw(int step) => _tape.Forward(step);

    private void DrawNoise(int step)
    {
        if (_hasNoise)
            return;
        if (step == 0 && _noise.NormalOfPath(_batch.PackedSteps, _model.LatentSize) is { } ofPath)
        {
            _laid.Draw.Noise.All.copy_(ofPath);
            _hasNoise = true;
            return;
        }
        var noise = _noise.Normal(_batch.Active[step], _model.LatentSize);
        if (_noise.Particles == 0)
            _laid.Draw.Noise.At(step).copy_(noise);
        else
            _tape.ByParticle(_laid.Draw.Noise, step).copy_(noise);
    }

    /// <summary>log p(x_t | z_t) and log p(z_t | past) − log q(z_t | ·) of a step drawn, each [row, particle].</summary>
    public (Tensor Fit, Tensor Gain) Weigh(int step)
    {
        var fit = _model.Emission.LogLikelihood(_laid.EmissionInput.At(step), (_observationsOf ??= _tape.StepsOf(_observations))[step], null);
        return (fit.view(-1, _tape.Particles), _gain.At(step).view(-1, _tape.Particles));
    }

    /// <summary>Says whose offspring the rows of the step after <paramref name="step"/> are, [row, particle].</summary>
    public void Descend(int step, Tensor ancestors) => _tape.Descend(step, ancestors);

    /// <summary>The model's state after a step drawn, as the modules called step by step have it.</summary>
    public ModelState StateAfter(int step) =>
        _laid.StateAfter(step, value => _noise.Particles == 0 ? value.At(step) : _tape.ByParticle(value, step));

    /// <summary>Once every step is drawn: all of them as functions of the weights.</summary>
    public TapedPath Connect()
    {
        var parts = _tape.Connect(_laid.Prior.Raw, _laid.Draw.Of.Raw, _laid.EmissionInput);
        var posterior = _laid.Draw.Of.Variance.GaussianOf(parts[1]);
        return new TapedPath(_laid.Prior.Variance.GaussianOf(parts[0]), posterior, posterior.Sample(_laid.Draw.Noise.All),
            _model.Emission.LogLikelihood(parts[2], _observations, null));
    }

    // After q is found: a network that searches for it draws first.
    private sealed class NoiseOfDraw(Action<int> draw) : TapeOperation
    {
        public override void Forward(int step) => draw(step);

        public override void Backward(int step)
        {
        }
    }
}

/// <summary>Paths drawn on a tape, all steps packed together, the particles of each row side by side.</summary>
/// <param name="Prior">p(z_t | past), [S·N, Z].</param>
/// <param name="Posterior">q(z_t | ·), [S·N, Z].</param>
/// <param name="Latent">z_t, [S·N, Z].</param>
/// <param name="LogLikelihood">log p(x_t | z_t, past), [S·N].</param>
internal sealed record TapedPath(DiagonalGaussian Prior, DiagonalGaussian Posterior, Tensor Latent, Tensor LogLikelihood)
{
    /// <summary>The same as the modules called step by step have it: [particle, S, ·], or [S, ·] without particles.</summary>
    public TapedPath ByParticle(int particles)
    {
        if (particles == 0)
            return this;
        Tensor Apart(Tensor values) => values.view([-1, particles, .. values.shape[1..]]).transpose(0, 1);
        DiagonalGaussian Both(DiagonalGaussian of) => new(Apart(of.Mean), Apart(of.Variance));
        return new TapedPath(Both(Prior), Both(Posterior), Apart(Latent), Apart(LogLikelihood));
    }
}
