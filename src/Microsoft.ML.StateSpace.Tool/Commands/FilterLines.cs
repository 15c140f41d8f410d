using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Streaming;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>Lines of JSON through a filter.</summary>
/// <param name="filter">The filter.</param>
/// <param name="forecast">What is forecast after every observation; null: nothing.</param>
internal sealed class FilterLines(StateSpaceFilter filter, ForecastOptions? forecast)
{
    private static readonly JsonSerializerOptions Reading = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <summary>Observations taken in and answered.</summary>
    public long Answered { get; private set; }

    /// <summary>Answers every line, in order.</summary>
    /// <param name="input">A JSON object per line; empty lines are passed over.</param>
    /// <param name="output">A JSON object per line.</param>
    /// <param name="together">Lines that are answered together, fewer where a series comes again.</param>
    /// <param name="cancellation">Stops before the next line.</param>
    /// <exception cref="FormatException">A line is no observation; names the line.</exception>
    public void Answer(TextReader input, TextWriter output, int together, CancellationToken cancellation)
    {
        var waiting = new List<(long Number, Line Line)>();
        for (long number = 1; input.ReadLine() is { } text; number++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (string.IsNullOrWhiteSpace(text))
                continue;
            Line line = Parse(text, number);
            if (waiting.Any(other => other.Line.Series == line.Series))
                Flush(waiting, output);
            waiting.Add((number, line));
            if (waiting.Count == together)
                Flush(waiting, output);
        }

        Flush(waiting, output);
    }

    private static Line Parse(string text, long number)
    {
        try
        {
            return JsonSerializer.Deserialize<Line>(text, Reading) is { Series: not null, X: not null } line ? line
                : throw new FormatException($"line {number}: an observation needs \"series\" and \"x\"");
        }
        catch (JsonException error)
        {
            throw new FormatException($"line {number}: {error.Message}", error);
        }
    }

    private void Flush(List<(long Number, Line Line)> waiting, TextWriter output)
    {
        if (waiting.Count == 0)
            return;
        string place = waiting.Count == 1 ? $"line {waiting[0].Number}" : $"lines {waiting[0].Number} to {waiting[^1].Number}";
        try
        {
            IReadOnlyList<FilteredStep> steps = filter.Observe([.. waiting.Select(w => w.Line.Observation())]);
            Answered += steps.Count;
            place += ", the observation itself taken in";
            IReadOnlyList<SeriesForecast>? ahead = forecast is null ? null : filter.Forecast([.. waiting.Select(w => w.Line.Ahead())], forecast);
            for (int i = 0; i < steps.Count; i++)
                Shared.WriteJson(output, Answer(steps[i], ahead?[i]));
            output.Flush();
        }
        catch (SequenceFormatException error)
        {
            throw error.At(place);
        }

        waiting.Clear();
    }

    // JSON knows no NaN: an unobserved step has no score.
    private object Answer(FilteredStep step, SeriesForecast? ahead) => new
    {
        step.Series,
        step.Step,
        step.Mean,
        step.Std,
        step.LogLikelihood,
        step.EffectiveSampleSize,
        AnomalyScore = step.AnomalyScore is { } score && double.IsFinite(score) ? score : (double?)null,
        Forecast = ahead is null ? null : new
        {
            ahead.Mean,
            Quantiles = ahead.Quantiles.Select((values, q) => (Name: forecast!.Quantiles[q].ToString(CultureInfo.InvariantCulture), values)).ToDictionary(q => q.Name, q => q.values),
        },
    };

    /// <summary>One line. Null in "x" is missing; "future" holds what is known of the steps to be forecast.</summary>
    private sealed record Line(string? Series, float?[]? X, bool[]? Mask, double? Time, float[]? Controls, FutureInputs? Future)
    {
        public SeriesObservation Observation() => new(Series!, [.. X!.Select(value => value ?? float.NaN)]) { Mask = Mask, Time = Time, Controls = Controls };

        public SeriesFuture Ahead() => new(Series!) { Controls = Future?.Controls, Times = Future?.Times };
    }

    private sealed record FutureInputs(float[]? Controls, double[]? Times);
}
