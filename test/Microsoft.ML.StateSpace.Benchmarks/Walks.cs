using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Noisy walks that return to 0, and a deep Markov model of them.</summary>
internal static class Walks
{
    /// <summary>Writes sequences as they are made; returns how many.</summary>
    public static int Write(string path, int rows, int steps, int size, int seed = 3)
    {
        var random = new Random(seed);
        var ids = new ParquetValueBuffer<ReadOnlyMemory<char>>("SequenceId");
        var observations = new ParquetListBuffer<float>("Observations");
        using var writer = new ParquetFileWriter(path, [ids, observations]);
        var values = new float[steps * size];
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = (i < size ? 0 : 0.9f * values[i - size]) + random.NextSingle() - 0.5f;
            ids.Append($"walk-{row:D8}".AsMemory());
            observations.Append(values);
            writer.EndRow();
        }
        writer.Complete();
        return rows;
    }
}
