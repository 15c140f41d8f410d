using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>How many rows files have, as their footers say.</summary>
internal static class RowCounts
{
    /// <summary>The rows of each file; 0 where it cannot be opened, which is told when its turn comes.</summary>
    public static IReadOnlyDictionary<BatchInput, long> Of(MLContext context, IEnumerable<BatchInput> files) =>
        files.ToDictionary(file => file, file => Of(context, file.Path));

    private static long Of(MLContext context, string path)
    {
        try
        {
            return new DataFile(context, path).View.GetRowCount() ?? 0;
        }
        catch (Exception error) when (error is DataFileException or InvalidDataException or FileNotFoundException)
        {
            return 0;
        }
    }
}
