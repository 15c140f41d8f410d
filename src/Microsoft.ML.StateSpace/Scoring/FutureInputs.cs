using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>What is known of the steps of one row that are drawn or forecast.</summary>
/// <param name="Inputs">The row's own controls, static covariates and times.</param>
/// <param name="First">The row's step that is drawn first: the number of steps before it.</param>
/// <param name="Controls">Controls from that step on, in place of the row's own, and static covariates, where it has any; null: its own.</param>
internal readonly record struct Future(SequenceInputs Inputs, int First, SequenceInputs? Controls = null)
{
    /// <summary>Controls of the h-th step from <see cref="First"/> on, from 0.</summary>
    public float[] ControlsOf(int h) => Controls is null ? Inputs.ControlsOf(First + h).ToArray()
        : [.. Controls.OwnControlsOf(h), .. Controls.StaticSize > 0 ? Controls.Statics : Inputs.Statics];

    /// <summary>Controls of the first <paramref name="steps"/> steps from <see cref="First"/> on, step-major.</summary>
    public float[] ControlsUntil(int steps)
    {
        var future = this;
        return [.. Enumerable.Range(0, steps).SelectMany(h => future.ControlsOf(h))];
    }

    /// <summary>What keeps the controls from driving <paramref name="steps"/> steps, or null.</summary>
    public string? FaultFor(DataShape data, int steps)
    {
        if (data.StaticSize > 0 && Inputs.StaticSize == 0 && Controls is not { StaticSize: > 0 })
            return $"the model reads {data.StaticSize} static covariate{(data.StaticSize == 1 ? "" : "s")}; give the column that holds them";
        if (data.ControlSize == data.StaticSize)
            return null;
        if (Controls is not null)
            return Controls.ControlSteps >= steps ? null
                : $"{steps} steps are drawn or forecast, but there are controls for {Controls.ControlSteps}; give one row of controls for each";
        return Inputs.ControlSteps >= First + steps ? null
            : $"{steps} steps after the first {First} need controls for {First + steps} steps, but there are {Inputs.ControlSteps}; "
                + "give the future controls or ask for fewer steps";
    }
}

/// <summary>What is known of the steps after each row's last one.</summary>
internal static class FutureInputs
{
    /// <summary>The <paramref name="horizon"/> steps after each row's length, by the row's own controls.</summary>
    /// <exception cref="SequenceFormatException">A row's controls are too short for the horizon.</exception>
    public static Future[] After(DataShape data, IReadOnlyList<Sequence> rows, int horizon)
    {
        Future[] futures = [.. rows.Select(row => new Future(row.Inputs, row.Length))];
        for (int i = 0; i < rows.Count; i++)
            if (futures[i].FaultFor(data, horizon) is { } fault)
                throw new SequenceFormatException($"{fault}{(rows[i].Id is { } id ? $" (sequence '{id}')" : "")}");
        return futures;
    }

    /// <summary>The inputs of <paramref name="horizon"/> steps of rows whose controls reach far enough.</summary>
    /// <param name="data">What the model reads.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="horizon">H</param>
    /// <param name="device">Where the tensors go.</param>
    /// <param name="type">Number type.</param>
    public static StepInputs[] Of(DataShape data, IReadOnlyList<Future> rows, int horizon, Device device, ScalarType type = ScalarType.Float32) =>
        [.. Enumerable.Range(0, horizon).Select(h => At(data, rows, h, device, type))];

    private static StepInputs At(DataShape data, IReadOnlyList<Future> rows, int h, Device device, ScalarType type) => StepInputs.Send(
        [.. rows.Select(r => (long)r.Inputs.StepNumber(r.First + h))],
        data.ControlSize == 0 ? null : [.. rows.SelectMany(r => r.ControlsOf(h))],
        data.HasTimes ? [.. rows.Select(r => r.Inputs.GapBefore(r.First + h))] : null, device, type);
}
