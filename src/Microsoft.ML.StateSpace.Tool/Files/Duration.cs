using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.StateSpace.Tool.Files;

/// <summary>Durations as people write them: <c>90s</c>, <c>25m</c>, <c>1h30m</c>, <c>0:25:00</c>.</summary>
internal static partial class Duration
{
    /// <summary>Reads a positive duration; a bare number means seconds.</summary>
    /// <exception cref="UsageException">The text is none.</exception>
    public static TimeSpan Parse(string text)
    {
        TimeSpan? duration = text.Contains(':') ? ParseClock(text) : ParseParts(text);
        return duration > TimeSpan.Zero
            ? duration.Value
            : throw new UsageException($"'{text}' is no duration; write for example 90s, 25m, 1h30m or 0:25:00");
    }

    /// <summary>Writes a duration with its two largest units: <c>2d3h</c>, <c>1h30m</c>, <c>25m10s</c>, <c>9s</c>.</summary>
    public static string Format(TimeSpan duration) => duration switch
    {
        { TotalDays: >= 1 } => $"{duration.Days}d{duration.Hours}h",
        { TotalHours: >= 1 } => $"{duration.Hours}h{duration.Minutes:d2}m",
        { TotalMinutes: >= 1 } => $"{duration.Minutes}m{duration.Seconds:d2}s",
        _ => $"{duration.Seconds}s",
    };

    private static TimeSpan? ParseClock(string text) =>
        TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan value) ? value : null;

    private static TimeSpan? ParseParts(string text)
    {
        Match match = Parts().Match(text);
        if (!match.Success || text.Length == 0)
            return null;
        double seconds = 3600 * Number(match, "h") + 60 * Number(match, "m") + Number(match, "s");
        return seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static double Number(Match match, string group) =>
        match.Groups[group].Success ? double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture) : 0.0;

    [GeneratedRegex(@"^((?<h>\d+(\.\d+)?)h)?((?<m>\d+(\.\d+)?)m)?((?<s>\d+(\.\d+)?)s?)?$")]
    private static partial Regex Parts();
}
