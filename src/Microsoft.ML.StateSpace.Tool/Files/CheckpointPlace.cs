using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tool.Files;

/// <summary>Where a training's checkpoints go, how often, and whether it goes on from the one there.</summary>
/// <param name="Path">The file.</param>
/// <param name="Every">How often it is written.</param>
/// <param name="ResumeFrom">The checkpoint to go on from; null: the training begins.</param>
internal sealed partial record CheckpointPlace(string Path, CheckpointInterval Every, string? ResumeFrom)
{
    private const string NameInFolder = "training.checkpoint";

    /// <summary>Reads <c>--checkpoint</c>, <c>--checkpoint-every</c> and <c>--resume</c>; null: there are to be none.</summary>
    /// <exception cref="UsageException">They do not fit together, or an earlier training's checkpoint would be lost.</exception>
    public static CheckpointPlace? Of(string? place, string? every, bool resume)
    {
        if (place is null)
            return every is null && !resume ? null : throw new UsageException($"{(resume ? "--resume" : "--checkpoint-every")} needs --checkpoint");
        string path = Directory.Exists(place) || System.IO.Path.EndsInDirectorySeparator(place) ? System.IO.Path.Combine(place, NameInFolder) : place;
        bool exists = File.Exists(path);
        if (exists && !resume)
            throw new UsageException($"'{path}' holds the checkpoint of an earlier training; add --resume to go on from it, or remove it");
        return new CheckpointPlace(path, every is null ? CheckpointInterval.EveryEpoch : Interval(every), exists ? path : null);
    }

    /// <summary>Reads <c>5epochs</c>, <c>5m</c>, or both with a comma between them.</summary>
    /// <exception cref="UsageException">The text is neither.</exception>
    public static CheckpointInterval Interval(string text)
    {
        var interval = new CheckpointInterval();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            interval = Epochs().Match(part) is { Success: true } match
                ? interval with { Epochs = int.TryParse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out int epochs) ? epochs : int.MaxValue }
                : interval with { Time = Duration.Parse(part) };
        }

        return interval.Validate().FirstOrDefault() is { } fault ? throw new UsageException($"--checkpoint-every '{text}': {fault}") : interval;
    }

    [GeneratedRegex(@"^(\d+)\s*epochs?$")]
    private static partial Regex Epochs();
}
