using Microsoft.ML.StateSpace.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>How a recurrence goes through packed rows: forwards or backwards over each sequence's own length.</summary>
/// <remarks>The rows of a step that go on from the step before it in this order are the first ones of both; the others begin.</remarks>
internal sealed class ScanOrder(SequenceBatch batch, bool backward)
{
    /// <summary>T.</summary>
    public int Steps => batch.Steps;

    /// <summary>The packed rows of the scan's step <paramref name="i"/>.</summary>
    public PackedRange Rows(int i) => batch.Step(backward ? Steps - 1 - i : i);

    /// <summary>Those of them that go on from step i − 1; none at the first.</summary>
    public PackedRange GoingOn(int i) => Rows(i) with { Count = i == 0 ? 0 : Math.Min(Rows(i).Count, Rows(i - 1).Count) };

    /// <summary>The rows of step i − 1 that those go on from.</summary>
    public PackedRange Before(int i) => Rows(i - 1) with { Count = GoingOn(i).Count };

    /// <summary>What stands one step before each packed row, zeros where the row begins: [S, d] to [S, d].</summary>
    public Tensor RowsBefore(Tensor packed)
    {
        using var scope = NewDisposeScope();
        var before = zeros_like(packed);
        if (backward)
            before.index_copy_(0, batch.PredecessorIndex, batch.AfterFirst.Of(packed));
        else
            batch.AfterFirst.Of(before).copy_(batch.Predecessors(packed));
        return before.MoveToOuterDisposeScope();
    }

    /// <summary>The gradient of the weights W [out, in] of products W h that led from each step to the next: one product for all steps.</summary>
    /// <param name="ofProducts">The gradient of the products, at the rows they led to, [S, out].</param>
    /// <param name="factors">h, at the rows they came from, [S, in].</param>
    public Tensor OfWeights(Tensor ofProducts, Tensor factors) => backward
        ? batch.Predecessors(ofProducts).t().mm(batch.AfterFirst.Of(factors))
        : batch.AfterFirst.Of(ofProducts).t().mm(batch.Predecessors(factors));
}
