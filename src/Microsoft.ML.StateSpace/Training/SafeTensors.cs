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

    private static readonly (ScalarType Type, string Name, int Bytes)[] s_types =
        [(ScalarType.Float32, "F32", 4), (ScalarType.Float64, "F64", 8), (ScalarType.Int64, "I64", 8), (ScalarType.Byte, "U8", 1)];

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
        var entries = ReadHeader(stream).Entries;
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
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            target.copy_(ReadOne(stream, target.shape, target.dtype, bytes));
            position = entry.End;
        }
    }

    /// <summary>Reads every tensor there is, onto the CPU.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="length">Its length in bytes: no tensor gets more memory.</param>
    /// <exception cref="InvalidDataException">Not such a file, cut short, or of impossible types, shapes or places.</exception>
    public static Dictionary<string, Tensor> Read(Stream stream, long length)
    {
        var (entries, headerBytes) = ReadHeader(stream);
        var tensors = new Dictionary<string, Tensor>();
        long position = 0;
        foreach (var (name, entry) in entries.OrderBy(e => e.Value.Begin).ThenBy(e => e.Value.End))
        {
            var kind = s_types.FirstOrDefault(t => t.Name == entry.Type);
            if (kind.Name is null || entry.Begin != position || entry.End > length - headerBytes || Bytes(entry.Shape, kind.Bytes) != entry.End - position)
                throw new InvalidDataException($"The tensor '{name}' has an impossible type, shape or place.");
            tensors[name] = ReadOne(stream, entry.Shape, kind.Type, entry.End - position);
            position = entry.End;
        }
        return tensors;
    }

    private static Tensor ReadOne(Stream stream, long[] shape, ScalarType type, long bytes)
    {
        var buffer = new byte[bytes];
        stream.ReadExactly(buffer);
        var read = empty(shape, type);
        read.bytes = buffer;
        return read;
    }

    // −1 where no memory could hold it.
    private static long Bytes(long[] shape, int each)
    {
        long bytes = each;
        foreach (long size in shape)
        {
            if (size < 0 || (size > 0 && bytes > int.MaxValue / size))
                return -1;
            bytes *= size;
        }
        return bytes;
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

    private static (Dictionary<string, Entry> Entries, long Bytes) ReadHeader(Stream stream)
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
            return (json.RootElement.EnumerateObject().Where(p => p.Name != "__metadata__").ToDictionary(p => p.Name, p => ReadEntry(p.Value)),
                sizeof(long) + size);
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

    private static string TypeName(ScalarType type) =>
        s_types.FirstOrDefault(t => t.Type == type).Name ?? throw new NotSupportedException($"Tensors of type {type} are not written.");

    private sealed record Entry(string Type, long[] Shape, long Begin, long End);
}
