using Microsoft.ML.StateSpace.Data;

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
}
