using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Loads text files.</summary>
public static class TextLoaderSaverCatalog
{
    public static TextLoader CreateTextLoader(this DataOperationsCatalog catalog, TextLoader.Options options, IMultiStreamSource dataSample = null) =>
        new(catalog.GetEnvironment(), options);

    public static IDataView LoadFromTextFile(this DataOperationsCatalog catalog, string path, TextLoader.Column[] columns, char separatorChar = '\t',
        bool hasHeader = false, bool allowQuoting = false, bool trimWhitespace = false, bool allowSparse = false)
    {
        if (allowSparse)
            throw Contracts.ExceptNotSupp("Sparse text is not supported.");
        return catalog.LoadFromTextFile(path, new TextLoader.Options
        {
            Columns = columns,
            Separators = [separatorChar],
            HasHeader = hasHeader,
            AllowQuoting = allowQuoting,
            TrimWhitespace = trimWhitespace,
        });
    }

    public static IDataView LoadFromTextFile(this DataOperationsCatalog catalog, string path, TextLoader.Options options = null)
    {
        Contracts.CheckNonEmpty(path, nameof(path));
        var source = new MultiFileSource(path);
        if (!File.Exists(path) && !Enumerable.Range(0, source.Count).Any(i => File.Exists(source.GetPathOrNull(i))))
            throw Contracts.ExceptParam(nameof(path), "File or directory does not exist at path: {0}", path);
        return new TextLoader(catalog.GetEnvironment(), options ?? new TextLoader.Options()).Load(source);
    }
}
