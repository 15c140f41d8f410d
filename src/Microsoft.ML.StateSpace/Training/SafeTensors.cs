using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Writes and reads named tensors as safetensors: an 8-byte header length, a JSON header, the raw numbers.</summary>
/// <remarks>Nothing in such a file can execute; every length in it is checked against the tensors that are expected.</remarks>
internal static class SafeTensors
{
    private const int LargestHeader = 16 << 20;

    /// <summary>Writes the tensors in ordinal order of their names.</summary>
    public static void Write(Stream stream, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var names = tensors.Keys.Order(StringComparer.Ordinal).ToList();
        byte[] header = Header(names, tensors);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (string name in names)
        {
            using var scope = NewDisposeScope();
            stream.Write(tensors[name].detach().cpu().contiguous().bytes);
        }
    }

    /// <summary>Reads the values of exactly the tensors given, in place.</summary>
    /// <exception cref="InvalidDataException">Not such a file, cut short, or of other names, types or shapes.</exception>
    public static void ReadInto(Stream stream, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var entries = ReadHeader(stream);
        var missing = tensors.Keys.Except(entries.Keys).Order(StringComparer.Ordinal).FirstOrDefault();
        var extra = entries.Keys.Except(tensors.Keys).Order(StringComparer.Ordinal).FirstOrDefault();
        if (missing is not null || extra is not null)
            throw new InvalidDataException(missing is not null ? $"The weights lack the tensor '{missing}'."
                : $"The weights hold a tensor '{extra}' that the model does not have.");
        long position = 0;
        foreach (var (name, entry) in entries.OrderBy(e => e.Value.Begin))
        {
            var target = tensors[name];
            long bytes = target.numel() * target.ElementSize;
            if (entry.Type != TypeName(target.dtype) || !entry.Shape.SequenceEqual(target.shape)
                || entry.Begin != position || entry.End - entry.Begin != bytes)
                throw new InvalidDataException($"The weights' tensor '{name}' has another type, shape or place than the model's.");
            var buffer = new byte[bytes];
            stream.ReadExactly(buffer);
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            var source = empty(target.shape, target.dtype);
            source.bytes = buffer;
            target.copy_(source);
            position = entry.End;
        }
    }

    private static byte[] Header(List<string> names, IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            long offset = 0;
            foreach (string name in names)
            {
                var tensor = tensors[name];
                long end = offset + tensor.numel() * tensor.ElementSize;
                json.WriteStartObject(name);
                json.WriteString("dtype", TypeName(tensor.dtype));
                json.WriteStartArray("shape");
                foreach (long size in tensor.shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(end);
                json.WriteEndArray();
                json.WriteEndObject();
                offset = end;
            }
            json.WriteEndObject();
        }
        // The format asks for tensors aligned to 8 bytes: spaces fill the header up.
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static Dictionary<string, Entry> ReadHeader(Stream stream)
    {
        try
        {
            Span<byte> length = stackalloc byte[8];
            stream.ReadExactly(length);
            long size = BinaryPrimitives.ReadInt64LittleEndian(length);
            if (size is < 2 or > LargestHeader)
                throw new InvalidDataException("The weights' header has an impossible length.");
            var header = new byte[size];
            stream.ReadExactly(header);
            using var json = JsonDocument.Parse(header);
            return json.RootElement.EnumerateObject().Where(p => p.Name != "__metadata__").ToDictionary(p => p.Name, p => ReadEntry(p.Value));
        }
        catch (Exception e) when (e is JsonException or EndOfStreamException or KeyNotFoundException or InvalidOperationException
            or FormatException or ArgumentException or IndexOutOfRangeException)
        {
            throw new InvalidDataException("The weights are cut short or are no safetensors.", e);
        }
    }

    private static Entry ReadEntry(JsonElement value)
    {
        var offsets = value.GetProperty("data_offsets");
        return new Entry(value.GetProperty("dtype").GetString() ?? "",
            [.. value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64())], offsets[0].GetInt64(), offsets[1].GetInt64());
    }

    private static string TypeName(ScalarType type) => type switch
    {
        ScalarType.Float32 => "F32",
        ScalarType.Float64 => "F64",
        _ => throw new NotSupportedException($"Weights of type {type} are not written."),
    };

    private sealed record Entry(string Type, long[] Shape, long Begin, long End);
}
