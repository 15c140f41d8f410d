using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;

namespace Microsoft.ML.StateSpace.Scoring.Streaming;

/// <summary>Reads what callers hand to a filter; a fault names series, step and dimension, before anything has changed.</summary>
/// <param name="data">Sizes of the model's data.</param>
/// <param name="faultOf">What is wrong with an observed value, or null.</param>
/// <param name="scaling">The units in which what was read is handed on; null: as it came.</param>
internal sealed class ObservationChecks(DataShape data, Func<float, string?> faultOf, SequenceScaling? scaling)
{
    /// <summary>Longest name of a series.</summary>
    public const int LongestName = 1024;

    /// <summary>The step that an observation makes.</summary>
    /// <exception cref="SequenceFormatException">The observation does not fit the model or the series.</exception>
    public SeriesStep Read(SeriesObservation observation, Series series)
    {
        try
        {
            float[] controls = ReadControls(observation.Controls, 1, series.Steps);
            var (values, observed) = ReadValues(observation, controls, series.Steps);
            double time = ReadTime(observation.Time, series);
            return new(series, values, observed, controls, time, series.Steps == 0 ? 0 : Gap(series.Time, time));
        }
        catch (SequenceFormatException e)
        {
            throw e.At($"series '{series.Id}'");
        }
    }

    /// <summary>Controls and gaps of H steps to come.</summary>
    /// <exception cref="SequenceFormatException">They do not fit the model, the series or the horizon.</exception>
    public (float[] Controls, float[] Gaps) Read(SeriesFuture future, Series series, int horizon)
    {
        try
        {
            return (ReadControls(future.Controls, horizon, series.Steps), ReadGaps(future.Times, series, horizon));
        }
        catch (SequenceFormatException e)
        {
            throw e.At($"series '{series.Id}', forecast");
        }
    }

    /// <summary>A name that a series can have.</summary>
    /// <exception cref="SequenceFormatException">It is empty or too long.</exception>
    public static string Name(string? name) => name switch
    {
        null or "" => throw new SequenceFormatException("a series has no name; every series needs one of its own"),
        { Length: > LongestName } => throw new SequenceFormatException($"the name of the series '{name[..40]}…' has {name.Length} characters; at most {LongestName} are kept"),
        _ => name,
    };

    private (float[] Values, bool[]? Observed) ReadValues(SeriesObservation observation, float[] controls, long step)
    {
        int size = data.ObservationSize;
        var mask = observation.Mask;
        if (observation.Values is null || (observation.Values.Count != size && observation.Values.Count != 0))
            throw Fault($"{observation.Values?.Count ?? 0} numbers are given; the model's steps have {size} (or none, where nothing is observed)", step);
        if (mask is not null && mask.Count != 1 && mask.Count != size)
            throw Fault($"the mask has {mask.Count} values; it must have 1 or {size}", step);
        var values = new float[size];
        var observed = new bool[size];
        for (int d = 0; d < observation.Values.Count; d++)
        {
            float value = observation.Values[d];
            observed[d] = !float.IsNaN(value) && (mask is null || mask[mask.Count == 1 ? 0 : d]);
            if (!observed[d])
                continue;
            if (float.IsInfinity(value))
                throw Fault("the value is infinite; use NaN or the mask for a missing value", step, d);
            if (faultOf(value) is { } fault)
                throw Fault(fault, step, d);
            values[d] = scaling?.Apply(value, d, controls) ?? value;
        }
        return (values, observed.Contains(false) ? observed : null);
    }

    private float[] ReadControls(IReadOnlyList<float>? controls, int steps, long first)
    {
        int size = data.ControlSize;
        if (size == 0)
            return controls is null ? [] : throw Fault("controls are given, but the model reads none; leave them out", first);
        if (controls?.Count != size * steps)
            throw Fault($"{controls?.Count ?? 0} controls are given; {steps} step{(steps == 1 ? "" : "s")} of {size} need {size * steps}", first);
        for (int i = 0; i < controls.Count; i++)
            if (!float.IsFinite(controls[i]))
                throw Fault($"the control is {controls[i]}; controls must all be known", first + i / size, i % size);
        return [.. controls.Select((value, i) => scaling?.Controls?.Apply(value, i % size) ?? value)];
    }

    private double ReadTime(double? time, Series series)
    {
        if (!data.HasTimes)
            return time is null ? 0 : throw Fault("a time is given, but the model reads none; leave it out", series.Steps);
        if (time is not { } given)
            throw Fault("the model reads times; give the step's", series.Steps);
        return double.IsFinite(given) && (series.Steps == 0 || given >= series.Time) ? given
            : throw Fault($"the time is {given}{(series.Steps == 0 ? "" : $" after {series.Time}")}; times must be finite and must not fall", series.Steps);
    }

    private float[] ReadGaps(IReadOnlyList<double>? times, Series series, int horizon)
    {
        if (!data.HasTimes)
            return times is null ? [] : throw Fault("times are given, but the model reads none; leave them out", series.Steps);
        if (times is null)
            return [.. Enumerable.Repeat(series.Steps == 1 && scaling?.TimeGap is not null ? 1 : series.Gap, horizon)];
        if (times.Count != horizon)
            throw Fault($"{times.Count} times are given for {horizon} steps", series.Steps);
        var gaps = new float[horizon];
        for (int h = 0; h < horizon; h++)
        {
            double before = h == 0 ? series.Time : times[h - 1];
            if (!double.IsFinite(times[h]) || times[h] < before)
                throw Fault($"the time is {times[h]} after {before}; times must be finite and must not fall", series.Steps + h);
            gaps[h] = Gap(before, times[h]);
        }
        return gaps;
    }

    private float Gap(double before, double now) => (float)((now - before) / (scaling?.TimeGap ?? 1));

    private static SequenceFormatException Fault(string fault, long step, int? dimension = null) => new(fault, (int)Math.Min(step, int.MaxValue), dimension);
}
