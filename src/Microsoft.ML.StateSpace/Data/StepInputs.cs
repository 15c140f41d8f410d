using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>What is known of some rows' steps before anything is observed or drawn.</summary>
/// <param name="Controls">u_t, which acts on the transition into the step, [row, U]; null: none.</param>
/// <param name="Gap">Time since the step before, [row, 1]; null: equally spaced.</param>
/// <param name="Step">Number of each row's step, from 0, [row] of Int64.</param>
public sealed record StepInputs(Tensor? Controls, Tensor? Gap, Tensor Step)
{
    /// <summary>Where the gaps stand in the host's memory, among others [S, 1]; null: nowhere, or there are none.</summary>
    internal (Tensor Packed, PackedRange Rows)? GapOnHost { get; init; }

    /// <summary>The gaps as plain numbers; a device is waited for where the host does not know them.</summary>
    internal double[] ReadGaps()
    {
        using var scope = NewDisposeScope();
        var gaps = GapOnHost is var (packed, rows) ? rows.Of(packed) : Gap!.detach().cpu();
        return gaps.to(ScalarType.Float64).contiguous().data<double>().ToArray();
    }
}
