using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>What is known of the steps after each row's last one.</summary>
internal static class FutureInputs
{
    /// <summary>The inputs of <paramref name="horizon"/> steps.</summary>
    /// <param name="data">What the model reads.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="horizon">H</param>
    /// <param name="device">Where the tensors go.</param>
    /// <param name="type">Number type.</param>
    /// <exception cref="SequenceFormatException">A row's controls are too short for the horizon.</exception>
    public static StepInputs[] Of(DataShape data, IReadOnlyList<Sequence> rows, int horizon, Device device, ScalarType type = ScalarType.Float32)
    {
        foreach (var row in rows)
            if (data.ControlSize > 0 && row.Inputs.ControlSteps < row.Length + horizon)
                throw new SequenceFormatException($"a forecast of {horizon} steps needs controls for {row.Length + horizon} steps, but there are "
                    + $"{row.Inputs.ControlSteps}{(row.Id is null ? "" : $" (sequence '{row.Id}')")}; give the future controls or lower Horizon");
        return [.. Enumerable.Range(0, horizon).Select(h => At(data, rows, h, device, type))];
    }

    private static StepInputs At(DataShape data, IReadOnlyList<Sequence> rows, int h, Device device, ScalarType type)
    {
        long count = rows.Count;
        var controls = data.ControlSize == 0 ? null
            : tensor([.. rows.SelectMany(r => r.Inputs.ControlsOf(r.Length + h).ToArray())], [count, data.ControlSize]).to(type, device);
        var gaps = !data.HasTimes ? null : tensor([.. rows.Select(r => r.Inputs.GapBefore(r.Length + h))], [count, 1]).to(type, device);
        return new StepInputs(controls, gaps, tensor([.. rows.Select(r => (long)r.Inputs.StepNumber(r.Length + h))]).to(device));
    }
}
