using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>The tilt of a particle loop: w_t += log r_t − log r_{t−1}, r_{t−1} carried by the ancestor; at a row's last step only
/// − log r_{t−1} (FIVO-AUX; SIXO, Lawson et al. 2022). The factors cancel along a path, so that E[Ẑ] stays p(x).</summary>
internal sealed class TiltedWeights
{
    private readonly GenerativeModule _model;
    private readonly SequenceBatch _batch;
    private readonly TiltModule _tilt;
    private readonly Encoding _encoding;
    // With gradients only: the same tilt, learning, on features whose own gradient is cut.
    private readonly Encoding? _learning;
    private readonly List<Tensor> _errors = [];
    private Tensor? _carried;
    private Tensor? _carriedLearning;

    /// <param name="model">p(x, z)</param>
    /// <param name="batch">The observations.</param>
    /// <param name="tilt">r</param>
    /// <param name="learnsByDifferences">Whether the tilt learns from <see cref="Error"/> and not from the weights.</param>
    /// <param name="dropoutNoise">Draws dropout masks while training.</param>
    public TiltedWeights(GenerativeModule model, SequenceBatch batch, TiltModule tilt, bool learnsByDifferences, Generator? dropoutNoise)
    {
        (_model, _batch, _tilt) = (model, batch, tilt);
        _encoding = tilt.Encode(batch, dropoutNoise);
        if (!learnsByDifferences || !is_grad_enabled())
            return;
        _learning = _encoding;
        _encoding = new Encoding(batch, [.. _learning.States.Select(s => s.detach())]);
    }

    /// <summary>Tilts a step's increments.</summary>
    /// <param name="step">t</param>
    /// <param name="state">The model's state after the step.</param>
    /// <param name="increments">[row, particle]</param>
    /// <param name="untilted">The increments at KL weight 1, [row, particle]: what the differences aim at.</param>
    public Tensor Reweigh(int step, ModelState state, Tensor increments, Func<Tensor> untilted)
    {
        int continuing = step + 1 < _batch.Steps ? _batch.Active[step + 1] : 0;
        Tensor? ratio = null, learning = null;
        if (continuing > 0)
        {
            var next = _batch.Step(step + 1);
            var features = _model.Features(_model.Enter(state.Rows(continuing), _batch.Inputs(next), continuing))!;
            using (_learning is null ? null : new Frozen(_tilt))
                ratio = ByRow(_tilt.LogRatio(_encoding, next, features), increments);
            learning = _learning is null ? null : ByRow(_tilt.LogRatio(_learning, next, features.detach()), increments);
        }
        var ahead = ratio is null ? zeros_like(increments) : Padded(ratio, increments.shape[0]);
        if (_carriedLearning is not null)
            _errors.Add(Padded(SquaredError(_carriedLearning, (untilted() + ahead).detach()), _batch.Count));
        var tilted = increments + ahead;
        if (_carried is not null)
            tilted = tilted - _carried;
        (_carried, _carriedLearning) = (ratio, learning);
        return tilted;
    }

    /// <summary>Goes on from the offspring.</summary>
    public void Select(Offspring offspring) =>
        (_carried, _carriedLearning) = (offspring.Of(_carried!), _carriedLearning is null ? null : offspring.Of(_carriedLearning));

    /// <summary>The squared Bellman error Σ_t mean over particles of (log r_{t−1} − λ − log w_t − log r_t)², [batch]; λ, the mean of the
    /// difference over particles, leaves each step its own factor, which weights do not feel. Null when nothing learns from it.</summary>
    public Tensor? Error => _errors.Count == 0 ? null : _errors.Aggregate((a, b) => a + b);

    /// <summary>Hands what lives on to another dispose scope.</summary>
    public void MoveTo(DisposeScope scope) => _carried?.KeepIn(scope);

    private static Tensor SquaredError(Tensor ratio, Tensor target)
    {
        var difference = ratio - target;
        return (difference - difference.mean([-1], keepdim: true)).square().mean([-1]);
    }

    // [.., row] to [row, particle], also where the model has told nothing that differs between particles.
    private static Tensor ByRow(Tensor ratio, Tensor increments) =>
        (ratio.dim() == 1 ? ratio.unsqueeze(0).expand(increments.shape[1], -1) : ratio).transpose(0, 1).contiguous();

    private static Tensor Padded(Tensor rows, long count) => rows.shape[0] == count ? rows
        : cat([rows, zeros([count - rows.shape[0], .. rows.shape[1..]], rows.dtype, rows.device)], 0);
}
