using System.Text.Json.Serialization;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>What happened to one file: a line of a journal.</summary>
internal sealed record FileRecord
{
    /// <summary>The file's name below the folders of inputs and outputs.</summary>
    public required string Path { get; init; }

    /// <summary>The SHA-256 of the job's description.</summary>
    public required string Job { get; init; }

    /// <summary>What the input held; null when it could not be read.</summary>
    public Fingerprint? Input { get; init; }

    /// <summary>Rows written; null when it failed.</summary>
    public long? Rows { get; init; }

    /// <summary>What was written; null when it failed.</summary>
    public Fingerprint? Output { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Error { get; init; }

    /// <summary>How long it took.</summary>
    public double Seconds { get; init; }

    /// <summary>The output was found complete, made by a run that was killed before it could say so: it was not scored again.</summary>
    public bool Found { get; init; }

    /// <summary>Whether there are scores.</summary>
    [JsonIgnore]
    public bool IsOk => Error is null && Output is not null;
}
