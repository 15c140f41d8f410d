using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.StateSpace.Scoring.Streaming;

/// <summary>What a filter must be like for a checkpoint to be its own.</summary>
/// <param name="Model">SHA-256 of the model's parts and weights.</param>
/// <param name="Method">Particle, Kalman or Unscented.</param>
/// <param name="Particles">N</param>
/// <param name="Seed">Seed of the draws.</param>
/// <param name="AnomalyScores">Whether anomaly scores are drawn too.</param>
internal sealed record FilterIdentity(string Model, string Method, int Particles, int Seed, bool AnomalyScores);

/// <summary>A filter's state in a stream: a JSON header that says whose it is, a record of fixed length for each series, a checksum.</summary>
/// <remarks>8 bytes "SSFILTER", int32 version, int32 length of the header, the header; for each series int32 length of its name, the name in
/// UTF-8, int64 steps, float64 time, float32 gap, the fields in the header's order; SHA-256 of all that. Little-endian. Nothing in it
/// can execute, and no more is allocated than has been read.</remarks>
internal static class FilterCheckPoint
{
    private const int Version = 1, LongestHeader = 1 << 16;

    private static readonly byte[] s_magic = "SSFILTER"u8.ToArray();

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private static readonly UTF8Encoding s_names = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes all series.</summary>
    public static void Write(Stream stream, FilterIdentity identity, SeriesBank bank)
    {
        using var writer = new HashedStream(stream);
        byte[] header = JsonSerializer.SerializeToUtf8Bytes(new Header(identity, [.. bank.Fields.Select(FieldHeader.Of)], bank.All.Count), s_json);
        writer.Write(s_magic);
        WriteInt(writer, Version);
        WriteInt(writer, header.Length);
        writer.Write(header);
        Span<byte> numbers = stackalloc byte[20];
        foreach (var series in bank.All.Values)
        {
            byte[] name = s_names.GetBytes(series.Id);
            WriteInt(writer, name.Length);
            writer.Write(name);
            BinaryPrimitives.WriteInt64LittleEndian(numbers, series.Steps);
            BinaryPrimitives.WriteDoubleLittleEndian(numbers[8..], series.Time);
            BinaryPrimitives.WriteSingleLittleEndian(numbers[16..], series.Gap);
            writer.Write(numbers);
            writer.Write(series.State);
        }
        writer.WriteHash();
    }

    /// <summary>Reads the series of a checkpoint, once all of it is known to be undamaged.</summary>
    /// <exception cref="InvalidDataException">No checkpoint, damaged, cut short, or of another model or filter; says which.</exception>
    public static IReadOnlyCollection<Series> Read(Stream stream, FilterIdentity identity, IReadOnlyList<StateField> fields)
    {
        using var reader = new HashedStream(stream);
        try
        {
            if (!reader.Read(s_magic.Length).AsSpan().SequenceEqual(s_magic))
                throw new InvalidDataException("This is no checkpoint of a state space filter.");
            int version = BinaryPrimitives.ReadInt32LittleEndian(reader.Read(4));
            if (version != Version)
                throw new InvalidDataException($"The checkpoint has version {version}; this library reads version {Version}.");
            long count = ReadHeader(reader, identity, fields);
            int length = fields.Sum(field => field.Bytes);
            var series = new Dictionary<string, Series>();
            for (long i = 0; i < count; i++)
            {
                var one = ReadSeries(reader, length);
                if (!series.TryAdd(one.Id, one))
                    throw new InvalidDataException($"The checkpoint is damaged: it holds the series '{one.Id}' twice.");
            }
            return reader.HashFollows() ? series.Values : throw new InvalidDataException("The checkpoint is damaged: its checksum differs.");
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The checkpoint is cut short.", e);
        }
    }

    private static long ReadHeader(HashedStream reader, FilterIdentity identity, IReadOnlyList<StateField> fields)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(reader.Read(4));
        if (length is < 2 or > LongestHeader)
            throw new InvalidDataException($"The checkpoint is damaged: its header would have {length} bytes.");
        Header? header;
        try
        {
            header = JsonSerializer.Deserialize<Header>(reader.Read(length), s_json);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The checkpoint is damaged: its header is no JSON: {e.Message}", e);
        }
        if (header is not { Identity: { } own, Fields: not null, Series: >= 0 })
            throw new InvalidDataException("The checkpoint is damaged: its header lacks a part.");
        if (FaultOf(own, identity) is { } fault)
            throw new InvalidDataException($"The checkpoint is not this filter's: {fault}.");
        if (!header.Fields.SequenceEqual(fields.Select(FieldHeader.Of)))
            throw new InvalidDataException("The checkpoint is not this filter's: it keeps other numbers of a series.");
        return header.Series;
    }

    private static string? FaultOf(FilterIdentity own, FilterIdentity wanted) =>
        own.Model != wanted.Model ? "it was made with another model"
        : own.Method != wanted.Method ? $"it was made by the method {own.Method}, and this filter's is {wanted.Method}"
        : own.Particles != wanted.Particles ? $"it was made with {own.Particles} particles, and this filter has {wanted.Particles}"
        : own.Seed != wanted.Seed ? $"it was made with seed {own.Seed}, and this filter has {wanted.Seed}"
        : own.AnomalyScores != wanted.AnomalyScores ? $"it was made {(own.AnomalyScores ? "with" : "without")} anomaly scores, and this filter has {(wanted.AnomalyScores ? "them" : "none")}"
        : null;

    private static Series ReadSeries(HashedStream reader, int length)
    {
        int nameLength = BinaryPrimitives.ReadInt32LittleEndian(reader.Read(4));
        if (nameLength is < 1 or > 4 * ObservationChecks.LongestName)
            throw new InvalidDataException($"The checkpoint is damaged: the name of a series would have {nameLength} bytes.");
        string name;
        try
        {
            name = s_names.GetString(reader.Read(nameLength));
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException("The checkpoint is damaged: the name of a series is no text.", e);
        }
        byte[] numbers = reader.Read(20);
        long steps = BinaryPrimitives.ReadInt64LittleEndian(numbers);
        double time = BinaryPrimitives.ReadDoubleLittleEndian(numbers.AsSpan(8));
        float gap = BinaryPrimitives.ReadSingleLittleEndian(numbers.AsSpan(16));
        if (steps < 1 || !double.IsFinite(time) || !(gap >= 0 && float.IsFinite(gap)))
            throw new InvalidDataException($"The checkpoint is damaged: series '{name}' has taken {steps} steps, the last one at {time}.");
        return new Series(name) { Steps = steps, Time = time, Gap = gap, State = reader.Read(length) };
    }

    private static void WriteInt(HashedStream writer, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        writer.Write(bytes);
    }

    private sealed record Header(FilterIdentity Identity, FieldHeader[] Fields, long Series);

    private sealed record FieldHeader(string Name, string Type, string Shape)
    {
        public static FieldHeader Of(StateField field) => new(field.Name, $"{field.Type}", string.Join('x', field.Shape));
    }
}
