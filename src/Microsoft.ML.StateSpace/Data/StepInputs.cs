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

    /// <summary>Sends what the host knows of some rows to a device, without waiting for it.</summary>
    /// <param name="steps">Number of each row's step.</param>
    /// <param name="controls">[row, U], row by row; null: none.</param>
    /// <param name="gaps">[row]; null: equally spaced.</param>
    /// <param name="device">Where the tensors go.</param>
    /// <param name="type">Number type.</param>
    internal static StepInputs Send(long[] steps, float[]? controls, float[]? gaps, Device device, ScalarType type)
    {
        long rows = steps.Length;
        var gapOnHost = gaps is null ? null : tensor(gaps, [rows, 1]);
        return new(controls is null ? null : tensor(controls, [rows, controls.Length / rows]).SendTo(device, type), gapOnHost?.SendTo(device, type), tensor(steps).SendTo(device))
        {
            GapOnHost = gapOnHost is null ? null : (gapOnHost, new PackedRange(0, rows)),
        };
    }

    /// <summary>The gaps as plain numbers; a device is waited for where the host does not know them.</summary>
    internal double[] ReadGaps()
    {
        using var scope = NewDisposeScope();
        var gaps = GapOnHost is var (packed, rows) ? rows.Of(packed) : Gap!.detach().cpu();
        return gaps.to(ScalarType.Float64).contiguous().data<double>().ToArray();
    }
}
