namespace Microsoft.ML.StateSpace.Data;

/// <summary>What is known beside a sequence's observations: controls, and the times of its steps.</summary>
/// <remarks><c>Controls[t]</c> acts on the transition into step t. Rows beyond the observed steps, T … T+H−1, drive H steps of a forecast.</remarks>
public sealed class SequenceInputs
{
    /// <summary>No controls and no times.</summary>
    public static readonly SequenceInputs None = new(0);

    private readonly float[] _controls;
    private readonly int _first;

    /// <summary>Makes inputs.</summary>
    /// <param name="controlSize">U, the controls of one step; 0: none.</param>
    /// <param name="controls">(T+H)·U numbers, step-major.</param>
    /// <param name="times">T or T+H rising numbers in any unit; null: equally spaced steps.</param>
    /// <exception cref="SequenceFormatException">The controls do not form whole steps, a number is not finite, or a time comes
    /// before the one ahead of it.</exception>
    public SequenceInputs(int controlSize, ReadOnlySpan<float> controls = default, double[]? times = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(controlSize);
        if (controlSize == 0 ? !controls.IsEmpty : controls.Length % controlSize != 0)
            throw new SequenceFormatException($"{controls.Length} controls do not divide into steps of {controlSize}; check ControlSize");
        for (int i = 0; i < controls.Length; i++)
            if (!float.IsFinite(controls[i]))
                throw new SequenceFormatException($"the control is {controls[i]}; controls must all be known", i / controlSize, i % controlSize);
        for (int t = 0; t < times?.Length; t++)
            if (!double.IsFinite(times[t]) || (t > 0 && times[t] < times[t - 1]))
                throw new SequenceFormatException($"the time is {times[t]}{(t > 0 ? $" after {times[t - 1]}" : "")}; times must be finite and must not fall", t);
        ControlSize = controlSize;
        _controls = controls.ToArray();
        Times = times;
    }

    private SequenceInputs(SequenceInputs whole, int first)
    {
        (ControlSize, _controls, Times, _first) = (whole.ControlSize, whole._controls, whole.Times, first);
    }

    /// <summary>U, the controls of one step.</summary>
    public int ControlSize { get; }

    /// <summary>Steps with controls.</summary>
    public int ControlSteps => ControlSize == 0 ? 0 : _controls.Length / ControlSize - _first;

    /// <summary>Time of each step, or null.</summary>
    public double[]? Times { get; }

    /// <summary>Controls of step <paramref name="step"/>, U numbers.</summary>
    public ReadOnlySpan<float> ControlsOf(int step) => _controls.AsSpan((_first + step) * ControlSize, ControlSize);

    /// <summary>All controls, whatever part this is.</summary>
    internal ReadOnlySpan<float> AllControls => _controls;

    /// <summary>Number of a step in the sequence that this is a part of.</summary>
    public int StepNumber(int step) => _first + step;

    /// <summary>The inputs of a part that begins at <paramref name="step"/>.</summary>
    internal SequenceInputs From(int step) => step == 0 ? this : new(this, _first + step);

    /// <summary>Time from the step before to <paramref name="step"/>: 0 at the first step; beyond the last time, its own gap goes on.</summary>
    public float GapBefore(int step)
    {
        step += _first;
        if (Times is null || step == 0 || Times.Length == 0)
            return 0;
        int last = Math.Min(step, Times.Length - 1);
        return last == 0 ? 0 : (float)(Times[last] - Times[last - 1]);
    }

    /// <summary>What keeps these inputs from serving <paramref name="steps"/> steps, or null.</summary>
    internal string? FaultFor(int steps) =>
        ControlSize > 0 && ControlSteps < steps ? $"there are controls for {ControlSteps} steps, but {steps} steps of observations"
        : Times is not null && Times.Length < steps ? $"there are {Times.Length} times, but {steps} steps of observations"
        : null;
}
