using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>How a file of a shard came out.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FileStatus>))]
internal enum FileStatus
{
    /// <summary>Its scores are there.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>It could not be scored.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>The run ended before it.</summary>
    [JsonStringEnumMemberName("pending")]
    Pending,
}

/// <summary>A file of a shard.</summary>
/// <param name="Path">Its name below the folders of inputs and outputs.</param>
/// <param name="Source">The input, as it was found.</param>
/// <param name="Status">How it came out.</param>
/// <param name="Input">What the input held; null when it was not read.</param>
/// <param name="Rows">Rows written; null when there are none.</param>
/// <param name="Output">What was written; null when nothing was.</param>
/// <param name="Error">Why it failed, or null.</param>
internal sealed record ManifestFile(string Path, string Source, FileStatus Status, Fingerprint? Input, long? Rows, Fingerprint? Output, string? Error)
{
    public static ManifestFile Of(BatchInput input, FileRecord? record) => record switch
    {
        null => new(input.Name, input.Path, FileStatus.Pending, null, null, null, null),
        { IsOk: true } => new(input.Name, input.Path, FileStatus.Ok, record.Input, record.Rows, record.Output, null),
        _ => new(input.Name, input.Path, FileStatus.Failed, record.Input, null, null, record.Error),
    };
}

/// <summary>Counts over files.</summary>
internal sealed record FileCounts(int Files, int Ok, int Failed, int Pending, long Rows, long Bytes)
{
    public static FileCounts Of(IReadOnlyCollection<ManifestFile> files)
    {
        int Count(FileStatus status) => files.Count(file => file.Status == status);
        return new FileCounts(files.Count, Count(FileStatus.Ok), Count(FileStatus.Failed), Count(FileStatus.Pending),
            files.Sum(file => file.Rows ?? 0), files.Sum(file => file.Output?.Bytes ?? 0));
    }
}

/// <summary>The inputs of a whole job, in short: shards that were given different ones are no parts of one job.</summary>
/// <param name="Count">Their number.</param>
/// <param name="Sha256">The SHA-256 of their names, a line each.</param>
internal sealed record InputList(int Count, string Sha256)
{
    public static InputList Of(IReadOnlyList<BatchInput> inputs) =>
        new(inputs.Count, Fingerprint.OfText(string.Concat(inputs.Select(input => input.Name + "\n"))));
}

/// <summary>What a run of a shard made of its files: written when the run ends, and the same however often it was interrupted before.</summary>
internal sealed record ShardManifest
{
    /// <summary>The version of this form.</summary>
    public int Format { get; init; } = 1;

    public required JobDescription Job { get; init; }

    public required Shard Shard { get; init; }

    /// <summary>The inputs of all shards.</summary>
    public required InputList Inputs { get; init; }

    /// <summary>Whether every file was tried.</summary>
    public required bool Complete { get; init; }

    public required FileCounts Counts { get; init; }

    public required IReadOnlyList<ManifestFile> Files { get; init; }

    /// <summary>The files of a folder's manifests.</summary>
    public static IReadOnlyList<string> FilesOf(OutputFolder folder) =>
        Directory.Exists(folder.Manifests) ? [.. Directory.GetFiles(folder.Manifests, "shard-*.json").Order(StringComparer.Ordinal)] : [];

    /// <summary>The file of a shard's manifest.</summary>
    public static string FileOf(OutputFolder folder, Shard shard) => Path.Combine(folder.Manifests, $"{shard.FileName}.json");

    /// <exception cref="InvalidDataException">The file is no manifest.</exception>
    public static ShardManifest Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ShardManifest>(File.ReadAllBytes(path), BatchJson.Indented) is { Format: 1, Shard.IsSound: true } manifest
                ? manifest
                : throw new InvalidDataException($"'{path}' is a manifest of another form than this program writes");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' is no manifest, or a damaged one: {error.Message}; run its shard again with --resume", error);
        }
    }

    /// <exception cref="OutputException">It cannot be written.</exception>
    public void Write(OutputFolder folder)
    {
        using var file = new PendingFile(FileOf(folder, Shard));
        file.Commit(path => File.WriteAllText(path, JsonSerializer.Serialize(this, BatchJson.Indented) + "\n"));
    }
}
