using System.Globalization;

namespace Microsoft.ML.StateSpace.Data.Import;

/// <summary>A sequence that came from a file of another format.</summary>
/// <param name="Id">Its name, unlike every other of its file.</param>
/// <param name="Observations">T·D numbers, step-major; NaN where missing.</param>
internal readonly record struct ImportedSequence(string Id, float[] Observations)
{
    /// <summary>The id of the sequence at an index: "name-0001" and so on.</summary>
    public static string Number(string name, long index) => string.Create(CultureInfo.InvariantCulture, $"{name}-{index + 1:D4}");
}

/// <summary>Writes imported sequences as Parquet: <c>SequenceId</c>, and <c>Observations</c>, a list of T·D numbers.</summary>
internal static class ImportedSequences
{
    private const string KeyColumn = "SequenceId";
    private const string ObservationColumn = "Observations";

    /// <summary>Writes the file, which appears under its name only when it is complete.</summary>
    /// <param name="sequences">Read one at a time, so that one at a time is in memory.</param>
    /// <param name="path">The Parquet file.</param>
    /// <param name="metadata">Pairs for the file's own metadata; null: none.</param>
    /// <param name="options">Compression and row groups.</param>
    /// <param name="cancellation">Stops between two sequences.</param>
    /// <returns>How many sequences were written.</returns>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    public static long Write(
        IEnumerable<ImportedSequence> sequences, string path, IReadOnlyDictionary<string, string>? metadata = null,
        ParquetSaveOptions? options = null, CancellationToken cancellation = default)
    {
        var ids = new ParquetValueBuffer<ReadOnlyMemory<char>>(KeyColumn);
        var observations = new ParquetListBuffer<float>(ObservationColumn);
        using var writer = new ParquetFileWriter(path, [ids, observations], options) { Metadata = metadata };
        long count = 0;
        foreach (ImportedSequence sequence in sequences)
        {
            cancellation.ThrowIfCancellationRequested();
            ids.Append(sequence.Id.AsMemory());
            observations.Append(sequence.Observations);
            writer.EndRow();
            count++;
        }

        writer.Complete();
        return count;
    }
}
