using System.IO.Compression;
using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>A model file: a zip archive of named streams.</summary>
internal abstract class Repository(IExceptionContext ectx) : IDisposable
{
    public IExceptionContext ExceptionContext => ectx;

    protected bool Disposed { get; private set; }

    public void Dispose()
    {
        if (Disposed)
            return;
        Disposed = true;
        Close();
    }

    protected abstract void Close();

    private protected virtual void Finished(Entry entry) => entry.Stream.Dispose();

    protected string EntryName(string dir, string name)
    {
        ectx.Check(!Disposed);
        ectx.CheckParam(dir is null || !dir.Contains(".."), nameof(dir));
        ectx.CheckParam(!string.IsNullOrWhiteSpace(name), nameof(name));
        ectx.CheckParam(!name.Contains(".."), nameof(name));
        return Path.Combine(dir ?? "", name);
    }

    /// <summary>An open stream of the archive.</summary>
    public sealed class Entry : IDisposable
    {
        private Repository _repository;

        internal Entry(Repository repository, string path, Stream stream) => (_repository, Path, Stream) = (repository, path, stream);

        public string Path { get; }

        public Stream Stream { get; }

        public void Dispose()
        {
            _repository?.Finished(this);
            _repository = null;
        }
    }
}

/// <summary>Writes a model file: an entry goes into the archive once it is closed.</summary>
internal sealed class RepositoryWriter : Repository
{
    private readonly ZipArchive _archive;
    private readonly HashSet<string> _names = [];
    private readonly List<Entry> _open = [];
    private readonly Queue<Entry> _closed = [];

    private RepositoryWriter(Stream stream, IExceptionContext ectx) : base(ectx) =>
        _archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);

    public static RepositoryWriter CreateNew(Stream stream, IExceptionContext ectx = null)
    {
        ectx.CheckValue(stream, nameof(stream));
        var repository = new RepositoryWriter(stream, ectx);
        using var entry = repository.CreateEntry("TrainingInfo", "Version.txt");
        using var writer = new StreamWriter(entry.Stream, leaveOpen: true);
        writer.WriteLine(typeof(RepositoryWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);
        return repository;
    }

    public Entry CreateEntry(string name) => CreateEntry(null, name);

    public Entry CreateEntry(string dir, string name)
    {
        string path = EntryName(dir, name);
        Flush();
        if (!_names.Add(path))
            throw ExceptionContext.ExceptParam(nameof(name), "Duplicate entry: '{0}'", path);
        var entry = new Entry(this, path, new MemoryStream());
        _open.Add(entry);
        return entry;
    }

    public void Commit()
    {
        ExceptionContext.Check(!Disposed);
        foreach (var entry in _open.ToArray())
            entry.Dispose();
        Flush();
        Dispose();
    }

    private protected override void Finished(Entry entry)
    {
        _open.Remove(entry);
        _closed.Enqueue(entry);
    }

    protected override void Close() => _archive.Dispose();

    private void Flush()
    {
        while (_closed.TryDequeue(out var entry))
        {
            using var source = entry.Stream;
            using var target = _archive.CreateEntry(entry.Path).Open();
            source.Position = 0;
            source.CopyTo(target);
        }
    }
}

/// <summary>Reads a model file.</summary>
internal sealed class RepositoryReader : Repository
{
    // What deflate can make of a byte at most.
    private const long LargestRatio = 1032;

    private readonly ZipArchive _archive;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = [];

    private RepositoryReader(Stream stream, IExceptionContext ectx) : base(ectx)
    {
        try
        {
            _archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or NotSupportedException or ArgumentException)
        {
            throw ExceptionContext.ExceptDecode(e, "Failed to open a zip archive");
        }
        // A model written on Windows may use backslashes.
        foreach (var entry in _archive.Entries)
            _entries[entry.FullName.Replace('\\', '/')] = entry;
    }

    public static RepositoryReader Open(Stream stream, IExceptionContext ectx = null)
    {
        ectx.CheckValue(stream, nameof(stream));
        return new RepositoryReader(stream, ectx);
    }

    public Entry OpenEntryOrNull(string name) => OpenEntryOrNull(null, name);

    // Stops one byte behind the length that the archive says: it may unpack to any.
    private static void Copy(Stream source, MemoryStream target, long length)
    {
        var buffer = new byte[1 << 16];
        for (int read; target.Length <= length && (read = source.Read(buffer, 0, (int)Math.Min(buffer.Length, length + 1 - target.Length))) > 0;)
            target.Write(buffer, 0, read);
    }

    public Entry OpenEntryOrNull(string dir, string name)
    {
        string path = EntryName(dir, name);
        if (!_entries.TryGetValue(path.Replace('\\', '/'), out var entry))
            return null;
        ExceptionContext.CheckDecode(entry.Length < int.MaxValue, "Repository stream too large to read into memory");
        var stream = new MemoryStream((int)Math.Min(entry.Length, LargestRatio * entry.CompressedLength));
        try
        {
            using var source = entry.Open();
            Copy(source, stream, entry.Length);
        }
        catch (InvalidDataException e)
        {
            throw ExceptionContext.ExceptDecode(e, "Corrupt zip archive");
        }
        ExceptionContext.CheckDecode(stream.Length == entry.Length, "Corrupt zip archive: an entry has another length than it says");
        stream.Position = 0;
        return new Entry(this, path, stream);
    }

    protected override void Close() => _archive.Dispose();
}
