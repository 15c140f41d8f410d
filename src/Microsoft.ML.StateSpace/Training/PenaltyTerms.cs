using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>The penalties of a stage, each with the weights it falls on.</summary>
internal sealed class PenaltyTerms
{
    /// <summary>No penalty.</summary>
    public static readonly PenaltyTerms None = new([], [], []);

    private readonly List<(Parameter Weight, double L1, double L2)> _terms = [];

    /// <summary>Finds the weights by name among those that the stage trains.</summary>
    /// <param name="penalties">The penalties.</param>
    /// <param name="named">Every weight of the model with its full name.</param>
    /// <param name="trained">The weights that the stage moves.</param>
    public PenaltyTerms(IReadOnlyList<WeightPenalty> penalties, IEnumerable<(string Name, Parameter Weight)> named,
        IEnumerable<Parameter> trained)
    {
        var moved = trained.Select(p => p.Handle).ToHashSet();
        foreach (var (name, weight) in named.Where(n => moved.Contains(n.Weight.Handle)))
            foreach (var penalty in penalties.Where(p => p.Covers(name)))
                _terms.Add((weight, penalty.L1, penalty.L2));
    }

    /// <summary>What the loss grows by, a scalar; null when nothing is penalised.</summary>
    public Tensor? Sum()
    {
        if (_terms.Count == 0)
            return null;
        using var scope = NewDisposeScope();
        Tensor? sum = null;
        foreach (var (weight, l1, l2) in _terms)
        {
            if (l1 > 0)
                sum = Plus(sum, l1 * weight.abs().sum());
            if (l2 > 0)
                sum = Plus(sum, l2 * weight.square().sum());
        }
        return sum?.MoveToOuterDisposeScope();
    }

    private static Tensor Plus(Tensor? sum, Tensor term) => sum is null ? term : sum + term;
}
