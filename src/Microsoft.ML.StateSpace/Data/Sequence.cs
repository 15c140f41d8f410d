using System.Runtime.InteropServices;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>One sequence of observations, with what is missing told apart from what is padding.</summary>
/// <remarks>
/// <para><see cref="Length"/> ends at the last step with any observed value; later steps are padding and contribute
/// nothing. <see cref="IsObserved"/> removes single emission terms inside the length: a missing value is "no evidence",
/// stored as 0 with the mask unset.</para>
/// </remarks>
public sealed class Sequence
{
    private readonly float[] _observations;
    private readonly bool[]? _observed;
    private readonly ColumnScale? _scale;
    private readonly bool _isScaled;
    private Sequence? _origin;

    /// <summary>Makes a sequence of <c>T</c> steps of <paramref name="observationSize"/> numbers.</summary>
    /// <param name="observationSize">D, the numbers per step.</param>
    /// <param name="observations">T·D numbers, step-major; NaN means missing.</param>
    /// <param name="mask">Null, T values (per step) or T·D values (per dimension); false means missing.</param>
    /// <param name="id">A name that seeds the sequence's own randomness; null: the values do.</param>
    /// <param name="inputs">Controls and times; null: none.</param>
    /// <exception cref="SequenceFormatException">The numbers do not form whole steps, the mask, controls or times do not fit, a
    /// value is infinite, the sequence is empty, or nothing in it is observed.</exception>
    public Sequence(int observationSize, ReadOnlySpan<float> observations, ReadOnlySpan<bool> mask = default, string? id = null,
        SequenceInputs? inputs = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(observationSize, 1);
        if (observations.IsEmpty)
            throw new SequenceFormatException("the sequence is empty; remove the row or give it at least one step");
        if (observations.Length % observationSize != 0)
            throw new SequenceFormatException(
                $"{observations.Length} numbers do not divide into steps of {observationSize}; check ObservationSize");
        int steps = observations.Length / observationSize;
        if (!mask.IsEmpty && FaultOfMask(mask.Length, steps, observationSize) is { } fault)
            throw new SequenceFormatException(fault);

        ObservationSize = observationSize;
        Steps = steps;
        Id = id;
        _observations = observations.ToArray();
        _observed = ReadObserved(_observations, mask, observationSize);
        Length = LastObservedStep(_observed, steps, observationSize) + 1;
        if (Length == 0)
            throw new SequenceFormatException("no value of the sequence is observed; remove the row");
        ObservedSteps = CountObservedSteps();
        HasMissing = _observed is not null && _observed.AsSpan(0, Length * observationSize).Contains(false);
        if (inputs?.FaultFor(steps) is { } unfit)
            throw new SequenceFormatException(unfit);
        Inputs = inputs ?? SequenceInputs.None;
        NoiseKey = id is null ? HashValues() : KeyOf(id);
    }

    private Sequence(Sequence whole, int start, int count)
    {
        int size = ObservationSize = whole.ObservationSize;
        Steps = Length = count;
        Id = whole.Id;
        _observations = whole._observations[(start * size)..((start + count) * size)];
        _observed = whole._observed?[(start * size)..((start + count) * size)];
        ObservedSteps = CountObservedSteps();
        HasMissing = _observed is not null && _observed.Contains(false);
        Inputs = whole.Inputs.From(start);
        NoiseKey = whole.NoiseKey;
        (_scale, _isScaled) = (whole._scale, whole._isScaled);
        (_origin, Start) = (whole.Origin, whole.Start + start);
    }

    private Sequence(Sequence raw, SequenceScaling scaling)
    {
        (ObservationSize, Steps, Length, ObservedSteps, HasMissing) = (raw.ObservationSize, raw.Steps, raw.Length, raw.ObservedSteps, raw.HasMissing);
        (Id, NoiseKey, _observed, _observations) = (raw.Id, raw.NoiseKey, raw._observed, raw._observations);
        Inputs = raw.Inputs.Scaled(scaling);
        (_scale, _isScaled) = (scaling.Observations, true);
        if (_scale is null)
            return;
        _observations = [.. raw._observations];
        for (int t = 0; t < Steps; t++)
        {
            ReadOnlySpan<float> controls = scaling.Regression is null ? [] : Inputs.ControlsOf(t);
            for (int d = 0, i = t * ObservationSize; d < ObservationSize; d++, i++)
                if (_observed is null || _observed[i])
                    _observations[i] = scaling.Apply(_observations[i], d, controls);
        }
    }

    /// <summary>D, the numbers per step.</summary>
    public int ObservationSize { get; }

    /// <summary>T, the steps the row has, padding included.</summary>
    public int Steps { get; }

    /// <summary>Steps up to and including the last one with an observed value; at least 1.</summary>
    public int Length { get; }

    /// <summary>Steps with at least one observed value: what per-step figures divide by.</summary>
    public int ObservedSteps { get; }

    /// <summary>True when a value inside the length is missing.</summary>
    public bool HasMissing { get; }

    /// <summary>Controls and times; they do not take part in <see cref="NoiseKey"/>, so that other controls meet the same noise.</summary>
    public SequenceInputs Inputs { get; }

    /// <summary>The name given, or null.</summary>
    public string? Id { get; }

    /// <summary>What the sequence's own noise depends on, beside the model's seed: its name, else its values.</summary>
    public ulong NoiseKey { get; private set; }

    /// <summary>T·D numbers, step-major; 0 where missing.</summary>
    public ReadOnlySpan<float> Observations => _observations;

    /// <summary>Whether dimension <paramref name="dimension"/> of step <paramref name="step"/> was observed.</summary>
    public bool IsObserved(int step, int dimension) => _observed is null || _observed[step * ObservationSize + dimension];

    /// <summary>T·D values, false where missing; empty where nothing is.</summary>
    internal ReadOnlySpan<bool> Observed => _observed;

    /// <summary>The same sequence in a model's units; its noise stays that of the data's values.</summary>
    /// <param name="scaling">The units; null: those of the data.</param>
    /// <exception cref="InvalidOperationException">It is in a model's units already.</exception>
    internal Sequence Scaled(SequenceScaling? scaling) => scaling is null ? this : !_isScaled ? new Sequence(this, scaling)
        : throw new InvalidOperationException("The sequence is in a model's units already; scale what the data hold.");

    /// <summary>What a log density of step <paramref name="step"/> in the model's units grows by in the data's: −Σ log σ_d over its observed
    /// dimensions, in nats.</summary>
    internal double LogJacobianOf(int step)
    {
        double sum = 0;
        for (int d = 0; _scale is not null && d < ObservationSize; d++)
            if (IsObserved(step, d))
                sum -= _scale.LogDeviation[d];
        return sum;
    }

    /// <summary>What a log density of the whole sequence in the model's units grows by in the data's, in nats.</summary>
    internal double LogJacobian()
    {
        double sum = 0;
        for (int t = 0; _scale is not null && t < Length; t++)
            sum += LogJacobianOf(t);
        return sum;
    }

    /// <summary>Consecutive steps from inside the length. All of them count, whatever the last ones observe: the whole goes on
    /// after them. None of them need be observed.</summary>
    internal Sequence Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Length);
        return start == 0 && count == Length ? this : new Sequence(this, start, count);
    }

    /// <summary>The sequence that this is a part of; itself where it is none.</summary>
    internal Sequence Origin => _origin ?? this;

    /// <summary>The step of <see cref="Origin"/> that it begins at.</summary>
    internal int Start { get; }

    /// <summary>The same sequence with noise of its own.</summary>
    internal Sequence WithNoiseKey(ulong key)
    {
        var copy = (Sequence)MemberwiseClone();
        (copy.NoiseKey, copy._origin) = (key, Origin);
        return copy;
    }

    /// <summary>Whether any dimension of a step was observed.</summary>
    internal bool IsAnyObserved(int step) =>
        _observed is null || _observed.AsSpan(step * ObservationSize, ObservationSize).Contains(true);

    /// <summary>What is wrong with the length of a mask, or null.</summary>
    internal static string? FaultOfMask(int length, int steps, int observationSize) =>
        length == steps || length == steps * observationSize ? null
            : $"the mask has {length} values; it must have {steps} (one per step) or {steps * observationSize} (one per number)";

    private static bool[]? ReadObserved(float[] values, ReadOnlySpan<bool> mask, int size)
    {
        bool[]? observed = null;
        for (int i = 0; i < values.Length; i++)
        {
            bool present = mask.IsEmpty || (mask.Length == values.Length ? mask[i] : mask[i / size]);
            if (present && float.IsInfinity(values[i]))
                throw new SequenceFormatException($"the value is infinite; use NaN or the mask for a missing value", i / size, i % size);
            if (present && !float.IsNaN(values[i]))
                continue;
            if (observed is null)
            {
                observed = new bool[values.Length];
                Array.Fill(observed, true);
            }
            observed[i] = false;
            values[i] = 0;
        }
        return observed;
    }

    private static int LastObservedStep(bool[]? observed, int steps, int size) =>
        observed is null ? steps - 1 : observed.AsSpan().LastIndexOf(true) is >= 0 and var last ? last / size : -1;

    private int CountObservedSteps()
    {
        if (_observed is null)
            return Length;
        int count = 0;
        for (int t = 0; t < Length; t++)
            if (IsAnyObserved(t))
                count++;
        return count;
    }

    /// <summary>The noise key of a name.</summary>
    internal static ulong KeyOf(string id) => Fnv(MemoryMarshal.AsBytes(id.AsSpan()), FnvBasis);

    private const ulong FnvBasis = 14695981039346656037UL;

    // Only what is inside the length counts, so that appended padding does not change a row's noise.
    private ulong HashValues()
    {
        int count = Length * ObservationSize;
        ulong hash = Fnv(MemoryMarshal.AsBytes(_observations.AsSpan(0, count)), FnvBasis);
        return HasMissing ? Fnv(MemoryMarshal.AsBytes(_observed.AsSpan(0, count)), hash) : hash;
    }

    private static ulong Fnv(ReadOnlySpan<byte> bytes, ulong hash)
    {
        foreach (byte b in bytes)
            hash = (hash ^ b) * 1099511628211UL;
        return hash;
    }
}
