using System.IO.Compression;
using Parquet.Schema;

namespace Parquet;

/// <summary>Reading and writing options.</summary>
public class ParquetOptions
{
    /// <summary>Encoding hints by column path ("name" or "name/list/element").</summary>
    public readonly IDictionary<string, EncodingHint> ColumnEncodingHints = new Dictionary<string, EncodingHint>();

    public CompressionMethod CompressionMethod { get; set; } = CompressionMethod.Snappy;

    public CompressionLevel CompressionLevel { get; set; } = CompressionLevel.SmallestSize;

    /// <summary>Reads byte arrays without annotation as text.</summary>
    public bool TreatByteArrayAsString { get; set; }

    /// <summary>Share of distinct strings up to which a column with the dictionary hint gets a dictionary.</summary>
    public double DictionaryEncodingThreshold { get; set; } = 0.8;

    internal EncodingHint HintFor(DataField field) =>
        ColumnEncodingHints.TryGetValue(field.Path.ToString(), out EncodingHint hint) ? hint : EncodingHint.Default;
}
