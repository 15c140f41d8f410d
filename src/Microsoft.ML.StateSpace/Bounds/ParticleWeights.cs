using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>The weights of a particle loop: they gather increments, are reset when a row resamples, and give log Ẑ.</summary>
/// <remarks>When a row resamples, log Ẑ += lse(W) − log N and W := 0; a row's last step adds lse(W) − log N once
/// (Maddison et al. 2017, algorithm 1). Rows end from the last to the first, as in a batch.</remarks>
/// <param name="particles">N</param>
/// <param name="givesEvidence">Whether log Ẑ is wanted.</param>
/// <param name="start">W that an earlier loop left, [row, particle]; null: the particles weigh the same.</param>
internal sealed class ParticleWeights(int particles, Tensor? start = null, bool givesEvidence = true)
{
    private readonly double _logParticles = Math.Log(particles);
    private readonly List<Tensor> _ended = [];
    private Tensor? _logWeights = start?.alias();
    private Tensor? _logSum, _logSumOfZeros;
    private Tensor? _evidence = start is null ? null : zeros([start.shape[0]], start.dtype, start.device);

    /// <summary>W, [row, particle].</summary>
    public Tensor LogWeights => _logWeights!;

    /// <summary>lse(W), [row]; summed once for all who ask.</summary>
    public Tensor LogSum => _logSum ??= LogWeights.logsumexp(-1);

    /// <summary>Adds a step's increments [row, particle].</summary>
    public void Add(Tensor increments)
    {
        _evidence ??= zeros([increments.shape[0]], increments.dtype, increments.device);
        _logWeights = _logWeights is null ? increments.alias() : _logWeights + increments;
        _logSum = null;
    }

    /// <summary>log p̂(x_t | x_&lt;t) of the step just added, [row].</summary>
    /// <param name="before"><see cref="LogSum"/> before it; null at the first step.</param>
    public Tensor StepLogLikelihood(Tensor? before) => before is null ? LogSum - _logParticles : LogSum - before;

    /// <summary>Ends all rows from <paramref name="continuing"/> on: their log Ẑ is final.</summary>
    public void End(int continuing)
    {
        long rows = LogWeights.shape[0];
        if (continuing == rows)
            return;
        long ending = rows - continuing;
        if (givesEvidence)
            _ended.Add(_evidence!.narrow(0, continuing, ending) + LogSum.narrow(0, continuing, ending) - _logParticles);
        _logSum = _logSum?.narrow(0, 0, continuing);
        _logWeights = LogWeights.narrow(0, 0, continuing);
        _evidence = _evidence!.narrow(0, 0, continuing);
    }

    /// <summary>log Ẑ of every row up to its last reset, [row].</summary>
    public Tensor Evidence => _evidence!;

    /// <summary>Takes the weights of the rows where <paramref name="fires"/> [row] is set into log Ẑ, and sets them to 0.</summary>
    public void Reset(Tensor fires)
    {
        if (givesEvidence)
            _evidence = where(fires, _evidence! + LogSum - _logParticles, _evidence!);
        if (_logSum is not null)
            _logSum = where(fires, _logSumOfZeros ??= zeros_like(LogWeights.narrow(0, 0, 1)).logsumexp(-1), _logSum);
        _logWeights = LogWeights.masked_fill(fires.unsqueeze(-1), 0);
    }

    /// <summary>log Ẑ of every row, [row]; all rows must have ended.</summary>
    public Tensor LogEvidence()
    {
        _ended.Reverse();
        return cat(_ended.ToArray(), 0);
    }

    /// <summary>Hands what lives on to another dispose scope.</summary>
    public void MoveTo(DisposeScope scope)
    {
        _logWeights?.KeepIn(scope);
        _logSum?.KeepIn(scope);
        _logSumOfZeros?.KeepIn(scope);
        _evidence?.KeepIn(scope);
        foreach (var piece in _ended)
            piece.KeepIn(scope);
    }
}
