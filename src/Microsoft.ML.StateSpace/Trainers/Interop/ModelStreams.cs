using System.Security.Cryptography;

namespace Microsoft.ML.StateSpace.Trainers.Interop;

/// <summary>Writes named streams into a component's folder of a model; <see cref="Finish"/> records their checksums in the component itself.</summary>
/// <remarks>The zip's own checksums are not verified by .NET when it reads, so a damaged weight would go unnoticed.</remarks>
internal sealed class ModelStreamWriter(ModelSaveContext context)
{
    private readonly List<(string Name, byte[] Hash)> _written = [];

    /// <summary>Writes one stream.</summary>
    /// <param name="name">Its name in the folder, such as "options.json".</param>
    /// <param name="write">Writes its content.</param>
    public void Write(string name, Action<Stream> write)
    {
        using var content = new MemoryStream();
        write(content);
        var bytes = content.GetBuffer().AsMemory(0, checked((int)content.Length));
        context.SaveBinaryStream(name, writer => writer.Write(bytes.Span));
        _written.Add((name, SHA256.HashData(bytes.Span)));
    }

    // int: number of streams; for each: its name's id, 32 bytes SHA-256
    internal void Finish()
    {
        context.Writer.Write(_written.Count);
        foreach (var (name, hash) in _written)
        {
            context.SaveNonEmptyString(name);
            context.Writer.Write(hash);
        }
    }
}

/// <summary>Reads the streams that <see cref="ModelStreamWriter"/> wrote.</summary>
internal sealed class ModelStreamReader
{
    private const int MostStreams = 64;
    private const long LongestStream = (1L << 31) - 1;
    private const long LongestText = 1L << 26;
    private readonly ModelLoadContext _context;
    private readonly Dictionary<string, byte[]> _hashes = [];

    /// <exception cref="InvalidDataException">The list of streams is damaged.</exception>
    public ModelStreamReader(ModelLoadContext context)
    {
        _context = context;
        int count = context.Reader.ReadInt32();
        if (count is < 0 or > MostStreams)
            throw new InvalidDataException($"The model lists {count} streams; it is damaged.");
        for (int i = 0; i < count; i++)
            _hashes[context.LoadNonEmptyString()] = context.Reader.ReadBytes(SHA256.HashSizeInBytes);
    }

    /// <summary>Whether there is such a stream.</summary>
    public bool Has(string name) => _hashes.ContainsKey(name);

    /// <summary>Reads one stream, once it is known to be undamaged.</summary>
    /// <exception cref="InvalidDataException">The stream is missing or damaged; names it.</exception>
    public T Read<T>(string name, Func<Stream, T> read)
    {
        byte[]? bytes = null;
        if (!_hashes.TryGetValue(name, out var hash) || !_context.TryLoadBinaryStream(name, reader => bytes = Drain(name, reader.BaseStream)))
            throw new InvalidDataException($"The model lacks '{name}'.");
        if (!SHA256.HashData(bytes!).AsSpan().SequenceEqual(hash))
            throw new InvalidDataException($"The model's '{name}' is damaged: its checksum differs.");
        using var stream = new MemoryStream(bytes!, writable: false);
        return read(stream);
    }

    private static byte[] Drain(string name, Stream stream)
    {
        // A zip can promise terabytes in a few bytes, and keep the promise.
        long longest = name.EndsWith(".json", StringComparison.Ordinal) ? LongestText : LongestStream;
        if (stream.CanSeek && stream.Length > longest)
            throw TooLong(name, longest);
        using var content = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if (content.Length + read > longest)
                throw TooLong(name, longest);
            content.Write(buffer, 0, read);
        }
        return content.ToArray();
    }

    private static InvalidDataException TooLong(string name, long longest) =>
        new($"The model's '{name}' is over {longest >> 20} MiB long; it is damaged.");
}
