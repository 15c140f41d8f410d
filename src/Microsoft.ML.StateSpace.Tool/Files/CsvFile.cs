using System.IO.Compression;
using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Tool.Files;

/// <summary>A text file of separated fields under a line of names, plain or gzip'd.</summary>
internal sealed class CsvFile : IMultiStreamSource
{
    private const int MostFields = 10_000;
    private static readonly char[] Separators = [',', '\t', ';'];
    private readonly MLContext _context;
    private readonly string _path;
    private readonly char _separator;

    /// <summary>Reads the line of names; the separator is the one of comma, tabulator and semicolon that it has most of.</summary>
    /// <exception cref="InvalidDataException">There are no names, or two of one kind.</exception>
    public CsvFile(MLContext context, string path)
    {
        (_context, _path) = (context, path);
        string first = FirstLine();
        _separator = Separators.MaxBy(separator => first.Count(c => c == separator));
        int fields = first.Count(c => c == _separator) + 1;
        if (fields > MostFields)
            throw new InvalidDataException($"'{path}' has over {MostFields} columns");
        string[] names = Read(fields, hasHeader: false).First();
        int used = Array.FindLastIndex(names, name => name.Length > 0) + 1;
        Names = names[..used];
        if (Names.Contains("") || Names.Distinct().Count() < Names.Count)
            throw new InvalidDataException($"'{path}': its first line must name every column, each by another name; it is {first}");
    }

    /// <summary>The columns' names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The endings of such files' names.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".csv", ".tsv", ".csv.gz", ".tsv.gz"];

    int IMultiStreamSource.Count => 1;

    /// <summary>The fields of each row, those that a line lacks empty. The array is used again.</summary>
    public IEnumerable<string[]> Rows() => Read(Names.Count, hasHeader: true);

    /// <summary>The number of a column.</summary>
    /// <exception cref="InvalidDataException">There is no such column.</exception>
    public int IndexOf(string name) => Names.ToList().IndexOf(name) is >= 0 and var index
        ? index
        : throw new InvalidDataException($"'{_path}' has no column '{name}'; it has {string.Join(", ", Names)}");

    string IMultiStreamSource.GetPathOrNull(int index) => _path;

    Stream IMultiStreamSource.Open(int index) => Open();

    TextReader IMultiStreamSource.OpenTextReader(int index) => new StreamReader(Open());

    private Stream Open()
    {
        FileStream file = File.OpenRead(_path);
        return _path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    // As the text loader sees it: empty lines and comments are passed over.
    private string FirstLine()
    {
        using var reader = new StreamReader(Open());
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#' && !line.StartsWith("//", StringComparison.Ordinal))
                return line;
        }

        throw new InvalidDataException($"'{_path}' has no line of names");
    }

    private IEnumerable<string[]> Read(int fields, bool hasHeader)
    {
        TextLoader loader = _context.Data.CreateTextLoader(new TextLoader.Options
        {
            Columns = [new TextLoader.Column(nameof(Line.Fields), DataKind.String, 0, fields - 1)],
            Separators = [_separator],
            HasHeader = hasHeader,
            AllowQuoting = true,
            TrimWhitespace = true,
        });
        return _context.Data.CreateEnumerable<Line>(loader.Load(this), reuseRowObject: true).Select(line => line.Fields);
    }

    private sealed class Line
    {
        public string[] Fields { get; set; } = [];
    }
}
