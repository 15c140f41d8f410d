namespace Parquet;

/// <summary>Page compression; the numbers are the format's own codec numbers.</summary>
public enum CompressionMethod
{
    None = 0,
    Snappy = 1,
    Gzip = 2,
    Lzo = 3,
    Brotli = 4,
    LZ4 = 5,
    Zstd = 6,
    Lz4Raw = 7,
}

/// <summary>How a column is to be encoded, when that is possible.</summary>
public enum EncodingHint
{
    Default = 0,
    Dictionary = 1,
    DeltaBinaryPacked = 2,
    ByteSplitStream = 3,
}
