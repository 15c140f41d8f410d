namespace Microsoft.ML.StateSpace.Data;

/// <summary>Compression of Parquet pages.</summary>
public enum ParquetCompression
{
    /// <summary>None.</summary>
    None,

    /// <summary>Snappy: fast, and read everywhere.</summary>
    Snappy,

    /// <summary>Gzip.</summary>
    Gzip,

    /// <summary>Zstandard: the smallest files.</summary>
    Zstd,
}

/// <summary>What to write into a Parquet file, and how.</summary>
public sealed record ParquetSaveOptions
{
    /// <summary>Columns to write, in this order; null: every visible column.</summary>
    public IReadOnlyList<string>? ColumnNames { get; init; }

    /// <summary>Compression of the pages; default snappy.</summary>
    public ParquetCompression Compression { get; init; } = ParquetCompression.Snappy;

    /// <summary>A row group is closed when it holds this many values (not rows); at least 1. It bounds the memory of writing and reading.</summary>
    public int ValuesPerRowGroup { get; init; } = 1 << 20;
}
