using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>How a state moves over the gaps of some rows, found once for each distinct gap.</summary>
/// <param name="Distinct">Of the distinct gaps.</param>
/// <param name="Places">Which of them each row has.</param>
internal sealed record GapTable(Discretisation Distinct, int[] Places)
{
    // Over no time at all the state has no density given what it was.
    private const double LeastGap = 1e-6;

    /// <summary>Finds them in float64, whatever the type they are wanted in: F Δ is exponentiated.</summary>
    /// <param name="drift">F, [Z, Z].</param>
    /// <param name="diffusion">L Lᵀ, [Z, Z].</param>
    /// <param name="gaps">The gap before each row.</param>
    /// <param name="withInput">Whether Γ is wanted.</param>
    /// <param name="type">The type of what is returned.</param>
    public static GapTable Of(Tensor drift, Tensor diffusion, IReadOnlyList<double> gaps, bool withInput, ScalarType type)
    {
        using var scope = NewDisposeScope();
        double[] values = [.. gaps.Select(gap => Math.Max(gap, LeastGap))];
        double[] distinct = [.. values.Distinct().OrderDescending()];
        var places = distinct.Select((gap, place) => (gap, place)).ToDictionary(pair => pair.gap, pair => pair.place);
        return new GapTable(Discretisation.Of(drift.to(ScalarType.Float64), diffusion.to(ScalarType.Float64), distinct, withInput).Map(part => part.to(type).MoveToOuterDisposeScope()),
            [.. values.Select(gap => places[gap])]);
    }

    /// <summary>Of one distinct gap, matrices that its rows share.</summary>
    public Discretisation Shared(int place) => Distinct.Map(part => part.select(0, place));

    /// <summary>Of every row its own, [row, Z, Z].</summary>
    public Discretisation OfRows()
    {
        var index = tensor(Places.Select(p => (long)p).ToArray()).SendTo(Distinct.Transition.device);
        return Distinct.Map(part => part.index_select(0, index));
    }
}
