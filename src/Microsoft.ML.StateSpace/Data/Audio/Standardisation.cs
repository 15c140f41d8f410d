using System.Text.Json;

namespace Microsoft.ML.StateSpace.Data.Audio;

/// <summary>What samples are standardised with: (x − mean) / deviation. Those of the training part serve every part.</summary>
/// <param name="Mean">The mean of all samples.</param>
/// <param name="Deviation">Their standard deviation (of the population); above 0.</param>
/// <param name="Rate">Samples a second of the recordings; null: not known.</param>
internal sealed record Standardisation(double Mean, double Deviation, int? Rate = null)
{
    /// <summary>The key of a Parquet file's metadata under which they stand.</summary>
    public const string Key = "statespace.standardisation";

    private const int MostBytes = 1 << 16;

    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
    };

    public float Apply(float sample) => (float)((sample - Mean) / Deviation);

    /// <summary>A JSON object with mean, deviation and rate.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Form);

    /// <summary>Takes them from a Parquet file that was converted with them, or from a JSON file.</summary>
    /// <exception cref="DataFileException">The file cannot be read, or has none that can be used.</exception>
    public static Standardisation Load(string path)
    {
        Span<byte> head = stackalloc byte[4];
        bool isParquet;
        try
        {
            using FileStream file = File.OpenRead(path);
            isParquet = file.ReadAtLeast(head, 4, throwOnEndOfStream: false) == 4 && head.SequenceEqual("PAR1"u8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataFileException(path, $"it cannot be read ({e.Message}); check the path", inner: e);
        }

        return Parse(path, isParquet ? InParquet(path) : System.Text.Encoding.UTF8.GetString(Import.BoundedFile.Read(path, MostBytes)));
    }

    private static string InParquet(string path)
    {
        using ParquetFile file = ParquetFile.Open(ParquetSource.OfFile(path));
        return file.Metadata.TryGetValue(Key, out string? text)
            ? text
            : throw new DataFileException(path, "it was not converted from audio: it has no mean and deviation in its metadata");
    }

    private static Standardisation Parse(string path, string text)
    {
        try
        {
            Standardisation read = JsonSerializer.Deserialize<Standardisation>(text, Form) ?? throw new JsonException("it is null");
            return double.IsFinite(read.Mean) && read.Deviation > 0 && double.IsFinite(read.Deviation) && read.Rate is null or > 0
                ? read
                : throw new JsonException("the deviation and the rate must be above 0");
        }
        catch (JsonException e)
        {
            throw new DataFileException(path, $$"""it is no statistics ({{e.Message}}); {"mean": 0, "deviation": 1} would be""", inner: e);
        }
    }
}
