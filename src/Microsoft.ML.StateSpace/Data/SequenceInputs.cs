namespace Microsoft.ML.StateSpace.Data;

/// <summary>What is known beside a sequence's observations: controls, static covariates, and the times of its steps.</summary>
/// <remarks><c>Controls[t]</c> acts on the transition into step t. Rows beyond the observed steps, T … T+H−1, drive H steps of a forecast.
/// Static covariates are controls that stay: they follow the controls of every step, past and to come.</remarks>
public sealed class SequenceInputs
{
    /// <summary>No controls and no times.</summary>
    public static readonly SequenceInputs None = new(0);

    private readonly float[] _controls;
    private readonly float[] _statics;
    private readonly double? _gapUnit;
    private readonly int _first;

    /// <summary>Makes inputs.</summary>
    /// <param name="controlSize">The controls of one step, static covariates apart; 0: none.</param>
    /// <param name="controls">That many numbers for each of T+H steps, step-major.</param>
    /// <param name="times">T or T+H rising numbers in any unit; null: equally spaced steps.</param>
    /// <param name="statics">S static covariates; empty: none.</param>
    /// <exception cref="SequenceFormatException">The controls do not form whole steps, a number is not finite, or a time comes
    /// before the one ahead of it.</exception>
    public SequenceInputs(int controlSize, ReadOnlySpan<float> controls = default, double[]? times = null, ReadOnlySpan<float> statics = default)
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
        for (int i = 0; i < statics.Length; i++)
            if (!float.IsFinite(statics[i]))
                throw new SequenceFormatException($"static covariate {i} (counted from 0) is {statics[i]}; static covariates must all be known");
        OwnControlSize = controlSize;
        _controls = controls.ToArray();
        _statics = statics.ToArray();
        Times = times;
    }

    private SequenceInputs(SequenceInputs whole, int first)
    {
        (OwnControlSize, _controls, _statics, Times, _gapUnit, _first) =
            (whole.OwnControlSize, whole._controls, whole._statics, whole.Times, whole._gapUnit, first);
    }

    private SequenceInputs(SequenceInputs raw, SequenceScaling scaling) : this(raw, raw._first)
    {
        _gapUnit = scaling.TimeGap;
        if (scaling.Controls is not { } scale)
            return;
        _controls = [.. raw._controls.Select((value, i) => scale.Apply(value, i % OwnControlSize))];
        _statics = [.. raw._statics.Select((value, i) => scale.Apply(value, scale.Mean.Count - StaticSize + i))];
    }

    /// <summary>U, the controls of one step, static covariates included.</summary>
    public int ControlSize => OwnControlSize + StaticSize;

    /// <summary>S, the static covariates: the last of the controls of every step.</summary>
    public int StaticSize => _statics.Length;

    /// <summary>Steps with controls; where there are none but static covariates, no number of steps is too large.</summary>
    public int ControlSteps => OwnControlSize > 0 ? _controls.Length / OwnControlSize - _first : StaticSize > 0 ? int.MaxValue : 0;

    /// <summary>Time of each step, or null.</summary>
    public double[]? Times { get; }

    /// <summary>Controls of step <paramref name="step"/>, U numbers: its own, and the static covariates.</summary>
    public ReadOnlySpan<float> ControlsOf(int step) => StaticSize == 0 ? OwnControlsOf(step) : (float[])[.. OwnControlsOf(step), .. _statics];

    /// <summary>The controls of one step, static covariates apart.</summary>
    internal int OwnControlSize { get; }

    /// <summary>Static covariates, S numbers.</summary>
    internal ReadOnlySpan<float> Statics => _statics;

    /// <summary>Controls of step <paramref name="step"/>, static covariates apart.</summary>
    internal ReadOnlySpan<float> OwnControlsOf(int step) => _controls.AsSpan((_first + step) * OwnControlSize, OwnControlSize);

    /// <summary>All controls, whatever part this is.</summary>
    internal ReadOnlySpan<float> AllControls => _controls;

    /// <summary>Number of a step in the sequence that this is a part of.</summary>
    public int StepNumber(int step) => _first + step;

    /// <summary>The inputs of a part that begins at <paramref name="step"/>.</summary>
    internal SequenceInputs From(int step) => step == 0 ? this : new(this, _first + step);

    /// <summary>The same inputs in a model's units. A part that is lacking, controls or static covariates, stays so.</summary>
    internal SequenceInputs Scaled(SequenceScaling scaling) => ReferenceEquals(this, None) ? this : new(this, scaling);

    /// <summary>Time from the step before to <paramref name="step"/>, in the model's unit of time where it has one: 0 at the first step;
    /// beyond the last time, its own gap goes on, and beyond an only time the model's unit.</summary>
    public float GapBefore(int step)
    {
        step += _first;
        if (Times is null || step == 0 || Times.Length == 0)
            return 0;
        int last = Math.Min(step, Times.Length - 1);
        return last == 0 ? (_gapUnit is null ? 0 : 1) : (float)((Times[last] - Times[last - 1]) / (_gapUnit ?? 1));
    }

    /// <summary>What keeps these inputs from serving <paramref name="steps"/> steps, or null.</summary>
    internal string? FaultFor(int steps) =>
        ControlSize > 0 && ControlSteps < steps ? $"there are controls for {ControlSteps} steps, but {steps} steps of observations"
        : Times is not null && Times.Length < steps ? $"there are {Times.Length} times, but {steps} steps of observations"
        : null;
}
