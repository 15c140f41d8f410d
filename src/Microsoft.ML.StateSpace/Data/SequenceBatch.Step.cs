using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>One step of several series, each at its own place in its series; rows side by side.</summary>
/// <param name="ObservationSize">D</param>
/// <param name="Values">[row, D], 0 where missing.</param>
/// <param name="Observed">1 where observed, 0 where missing, [row, D]; null when nothing is missing.</param>
/// <param name="Keys">The noise key of each row.</param>
/// <param name="Steps">Number of each row's step, from 0.</param>
internal sealed record StepRows(int ObservationSize, float[] Values, float[]? Observed, ulong[] Keys, long[] Steps)
{
    /// <summary>U; 0: no controls.</summary>
    public int ControlSize { get; init; }

    /// <summary>[row, U]; null: none.</summary>
    public float[]? Controls { get; init; }

    /// <summary>What each row's log density grows by in the data's units, in nats.</summary>
    public required double[] LogJacobians { get; init; }

    /// <summary>Time since each row's step before; null: equally spaced.</summary>
    public float[]? Gaps { get; init; }
}

public sealed partial class SequenceBatch
{
    private SequenceBatch(StepRows rows, Device device, ScalarType type)
    {
        int count = rows.Steps.Length, size = rows.ObservationSize;
        Order = [.. Enumerable.Range(0, count)];
        Lengths = [.. Enumerable.Repeat(1, count)];
        ObservedSteps = Lengths;
        NoiseKeys = rows.Keys;
        ObservationSize = size;
        Device = device;
        Type = type;
        Active = [count];
        Offsets = [0, count];
        ControlSize = rows.ControlSize;
        LogJacobians = rows.LogJacobians;
        HasTimes = rows.Gaps is not null;
        using var scope = NewDisposeScope();
        _steps = Keep(tensor(rows.Steps).SendTo(Device));
        _controls = rows.Controls is null ? null : Keep(tensor(rows.Controls, [count, ControlSize]).SendTo(Device, Type));
        _gapsOnHost = rows.Gaps is null ? null : Keep(tensor(rows.Gaps, [count, 1]));
        _gaps = _gapsOnHost is null ? null : Keep(_gapsOnHost.SendTo(Device, Type));
        Observations = Keep(tensor(rows.Values, [count, size]).SendTo(Device, Type));
        Observed = rows.Observed is null ? null : Keep(tensor(rows.Observed, [count, size]).SendTo(Device, Type));
        // One step is its own mirror image, and is padded by nothing.
        RowIndex = Keep(arange(count, ScalarType.Int64, Device));
        ReverseIndex = Keep(RowIndex.alias());
        PadIndex = Keep(RowIndex.alias());
        PredecessorIndex = Keep(RowIndex.narrow(0, 0, 0));
        LengthTensor = Keep(ones([count], ScalarType.Int64));
    }

    /// <summary>Lays one step of several series out.</summary>
    internal static SequenceBatch OfStep(StepRows rows, Device device, ScalarType type) => new(rows, device, type);
}
