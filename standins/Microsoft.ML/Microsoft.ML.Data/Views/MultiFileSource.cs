using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data
{
    /// <summary>Several streams as one source, such as the files of a data set.</summary>
    public interface IMultiStreamSource
    {
        int Count { get; }

        string GetPathOrNull(int index);

        Stream Open(int index);

        TextReader OpenTextReader(int index);
    }

    /// <summary>Files, given by paths that may hold wild cards in their last part.</summary>
    public sealed class MultiFileSource : IMultiStreamSource
    {
        private readonly string[] _paths;

        public MultiFileSource(params string[] paths)
        {
            if (paths is null or [null])
            {
                _paths = [];
                return;
            }
            var files = paths.SelectMany(Expand).ToArray();
            // Where nothing is found the paths stay, so that opening them names what is missing.
            _paths = files.Length > 0 ? files : paths;
        }

        public int Count => _paths.Length;

        public string GetPathOrNull(int index)
        {
            Contracts.CheckParam(0 <= index && index < Count, nameof(index));
            return _paths[index];
        }

        public Stream Open(int index)
        {
            string path = GetPathOrNull(index);
            try
            {
                return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
            {
                throw Contracts.ExceptIO(e, "Could not open file '{0}'. Error is: {1}", path, e.Message);
            }
        }

        public TextReader OpenTextReader(int index) => new StreamReader(Open(index));

        private static IEnumerable<string> Expand(string path)
        {
            if (path.IndexOfAny(['*', '?']) < 0)
                return File.Exists(path) ? [path] : [];
            string folder = Path.GetDirectoryName(path);
            folder = string.IsNullOrEmpty(folder) ? "." : folder;
            return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, Path.GetFileName(path)).Order(StringComparer.Ordinal) : [];
        }
    }
}

namespace Microsoft.ML
{
    /// <summary>Loads files by their paths.</summary>
    public static class DataLoaderExtensions
    {
        public static IDataView Load(this IDataLoader<IMultiStreamSource> loader, params string[] path) => loader.Load(new MultiFileSource(path));
    }
}
