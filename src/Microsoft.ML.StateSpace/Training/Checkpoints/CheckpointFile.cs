using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>A checkpoint's numbers and texts; its tensors stand beside it.</summary>
/// <param name="Format">The form of the file.</param>
/// <param name="Identity">What it belongs to.</param>
/// <param name="Stage">The stage under way.</param>
/// <param name="Progress">How far it has come.</param>
/// <param name="ModelHistory">The history of the model's own stage, once that is over.</param>
internal sealed record CheckpointContent(int Format, CheckpointIdentity Identity, TrainingStage Stage, StageProgress Progress,
    TrainingHistory? ModelHistory);

/// <summary>A zip of JSON, safetensors and their checksums, stored without compression.</summary>
/// <remarks>Nothing in it can execute; every length is checked before memory is taken for it. It appears under its name only when it is
/// complete and on the disk.</remarks>
internal static class CheckpointFile
{
    /// <summary>Raised with every change of what is written.</summary>
    public const int Format = 1;

    private const string ContentEntry = "training.json", TensorsEntry = "tensors.safetensors", SumsEntry = "sha256.json";
    private const long LongestText = 1 << 28;

    // A zip tells times from 1980 on: the same training gives the same bytes.
    private static readonly DateTimeOffset s_noTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Writes a checkpoint in the place of an earlier one.</summary>
    /// <exception cref="IOException">It cannot be written; names the file. The earlier one is as it was.</exception>
    public static void Write(string path, CheckpointContent content, IReadOnlyDictionary<string, Tensor> tensors)
    {
        string partial = $"{path}.partial";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (var file = File.Create(partial))
            {
                using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
                {
                    var sums = new JsonObject
                    {
                        [ContentEntry] = Write(zip, ContentEntry, stream => JsonSerializer.Serialize(stream, content, s_json)),
                        [TensorsEntry] = Write(zip, TensorsEntry, stream => SafeTensors.Write(stream, tensors)),
                    };
                    Write(zip, SumsEntry, stream => JsonSerializer.Serialize(stream, sums));
                }
                file.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The checkpoint '{path}' cannot be written: {e.Message.TrimEnd('.')}; check the folder, its permissions and the free space.", e);
        }
    }

    /// <summary>Reads a checkpoint.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">The file is no checkpoint, damaged, or of another version.</exception>
    public static (CheckpointContent Content, Dictionary<string, Tensor> Tensors) Read(string path) => Read(path, (zip, content, most) =>
    {
        var entry = Entry(zip, TensorsEntry, most);
        using var stream = entry.Open();
        return (content, SafeTensors.Read(stream, entry.Length));
    });

    /// <summary>Reads what a checkpoint belongs to.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">The file is no checkpoint, damaged, or of another version.</exception>
    public static CheckpointIdentity ReadIdentity(string path) => Read(path, (_, content, _) => content.Identity);

    private static T Read<T>(string path, Func<ZipArchive, CheckpointContent, long, T> read)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no checkpoint '{path}' to go on from.", path);
        try
        {
            using var zip = ZipFile.OpenRead(path);
            long most = new FileInfo(path).Length;
            var sums = JsonNode.Parse(Text(zip, SumsEntry, most)) as JsonObject ?? [];
            foreach (string name in new[] { ContentEntry, TensorsEntry })
            {
                using var stream = Entry(zip, name, most).Open();
                if (sums[name] is not JsonValue sum || !sum.TryGetValue(out string? hex) || hex != Convert.ToHexStringLower(SHA256.HashData(stream)))
                    throw new InvalidDataException($"its '{name}' is damaged: the checksum differs");
            }
            string text = Text(zip, ContentEntry, most);
            CheckFormat(text);
            return read(zip, JsonSerializer.Deserialize<CheckpointContent>(text, s_json) ?? throw new InvalidDataException("it is empty"), most);
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or EndOfStreamException or ArgumentException)
        {
            throw new InvalidDataException($"'{path}' is no checkpoint, or a damaged one: {e.Message.TrimEnd('.')}. Begin the training anew.", e);
        }
    }

    private static string Write(ZipArchive zip, string name, Action<Stream> write)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = s_noTime;
        using var stream = entry.Open();
        using var hash = SHA256.Create();
        using (var both = new CryptoStream(stream, hash, CryptoStreamMode.Write))
            write(both);
        return Convert.ToHexStringLower(hash.Hash!);
    }

    // What is stored as it is cannot grow beyond the file.
    private static ZipArchiveEntry Entry(ZipArchive zip, string name, long most)
    {
        var entry = zip.GetEntry(name) ?? throw new InvalidDataException($"it lacks '{name}'");
        return entry.Length == entry.CompressedLength && entry.Length <= most ? entry
            : throw new InvalidDataException($"its '{name}' has an impossible length");
    }

    private static string Text(ZipArchive zip, string name, long most)
    {
        var entry = Entry(zip, name, Math.Min(most, LongestText));
        var bytes = new byte[entry.Length];
        using var stream = entry.Open();
        stream.ReadExactly(bytes);
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    private static void CheckFormat(string text)
    {
        using var json = JsonDocument.Parse(text);
        int found = json.RootElement.TryGetProperty("format", out var format) && format.TryGetInt32(out int number) ? number : 0;
        if (found != Format)
            throw new InvalidDataException($"its format is {found}, this version of Microsoft.ML.StateSpace reads {Format}");
    }
}
