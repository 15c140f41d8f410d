using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>A bound's parts, summed along the paths that survived: for reports, without gradients.</summary>
/// <remarks>The reconstruction is the final weights' mean of Σ_t M_t log p(x_t | z_t). At a KL weight a below 1 each path still lacks
/// (1 − a) Σ_t (log p − log q) to its full weight; weighed by the factors that lack, the particles estimate p(x) at weight 1.</remarks>
internal sealed class Lineages(double klWeight)
{
    private readonly List<(Tensor Fit, Tensor Correction)> _ended = [];
    private Tensor? _fit;
    private Tensor? _gain;

    /// <summary>Adds a step's M_t log p(x_t | z_t) and log p(z_t) − log q(z_t), each [row, particle].</summary>
    public void Add(Tensor fit, Tensor gain)
    {
        _fit = _fit is null ? fit : _fit + fit;
        _gain = _gain is null ? gain : _gain + gain;
    }

    /// <summary>Ends all rows from <paramref name="continuing"/> on.</summary>
    /// <param name="continuing">The rows that go on.</param>
    /// <param name="logWeights">W before any reset, [row, particle].</param>
    public void End(int continuing, Tensor logWeights)
    {
        long rows = logWeights.shape[0];
        if (continuing == rows)
            return;
        var shares = logWeights.narrow(0, continuing, rows - continuing).log_softmax(-1);
        var lacking = (1 - klWeight) * _gain!.narrow(0, continuing, rows - continuing);
        _ended.Add(((shares.exp() * _fit!.narrow(0, continuing, rows - continuing)).sum(-1), (shares + lacking).logsumexp(-1)));
        (_fit, _gain) = (_fit.narrow(0, 0, continuing), _gain.narrow(0, 0, continuing));
    }

    /// <summary>Goes on from the offspring.</summary>
    public void Select(Offspring offspring) => (_fit, _gain) = (offspring.Of(_fit!), offspring.Of(_gain!));

    /// <summary>The reconstruction, and what log Ẑ lacks at KL weight 1, each [batch]; all rows must have ended.</summary>
    public (Tensor Fit, Tensor Correction) Terms()
    {
        _ended.Reverse();
        return (cat([.. _ended.Select(e => e.Fit)], 0), cat([.. _ended.Select(e => e.Correction)], 0));
    }

    /// <summary>Hands what lives on to another dispose scope.</summary>
    public void MoveTo(DisposeScope scope)
    {
        _fit?.KeepIn(scope);
        _gain?.KeepIn(scope);
        foreach (var (fit, correction) in _ended)
        {
            fit.KeepIn(scope);
            correction.KeepIn(scope);
        }
    }
}
