using System.Text.Json;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>What decides an output's bytes beside its input.</summary>
internal sealed record JobDescription
{
    /// <summary>The version of this program.</summary>
    public string Version { get; init; } = typeof(JobDescription).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>The SHA-256 of the model file.</summary>
    public required string Model { get; init; }

    /// <summary>cpu or cuda.</summary>
    public required string Device { get; init; }

    /// <summary>The columns asked for; empty: all of the model's.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>The data's columns carried through.</summary>
    public required IReadOnlyList<string> Keep { get; init; }

    /// <summary>The description as one line of JSON, always the same for the same job.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, BatchJson.Line);
}

/// <summary>What an output was made from, written into its own metadata: a file that stands under its name says of itself that it is
/// complete, and of what, wherever the run that made it was killed.</summary>
/// <param name="Job">The job (<see cref="JobDescription.ToJson"/>).</param>
/// <param name="Input">The SHA-256 of the input file.</param>
internal sealed record ScoreStamp(string Job, string Input)
{
    private const string JobKey = "statespace.score.job";
    private const string InputKey = "statespace.score.input";

    /// <summary>The pairs that are written into the file.</summary>
    public IReadOnlyDictionary<string, string> Metadata => new Dictionary<string, string> { [JobKey] = Job, [InputKey] = Input };

    /// <summary>The stamp of a file and its rows; null when it has none, or is no Parquet file at all.</summary>
    public static (ScoreStamp Stamp, long Rows)? Read(string path)
    {
        try
        {
            using ParquetFile file = ParquetFile.Open(ParquetSource.OfFile(path));
            return file.Metadata.TryGetValue(JobKey, out string? job) && file.Metadata.TryGetValue(InputKey, out string? input)
                ? (new ScoreStamp(job, input), file.RowCount)
                : null;
        }
        catch (DataFileException)
        {
            return null;
        }
    }
}
