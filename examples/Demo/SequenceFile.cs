using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data.Synthetic;

namespace Microsoft.ML.StateSpace.Examples.Demo;

/// <summary>Reads columns of sequences from Parquet files.</summary>
internal static class SequenceFile
{
    /// <summary>A vector column, one array a row.</summary>
    public static List<float[]> Read(string path, string column)
    {
        IDataView view = new MLContext().StateSpace.Data.LoadFromParquet(path);
        DataViewSchema.Column source = view.Schema[column];
        var rows = new List<float[]>();
        using DataViewRowCursor cursor = view.GetRowCursor([source]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(source);
        VBuffer<float> value = default;
        while (cursor.MoveNext())
        {
            getter(ref value);
            rows.Add([.. value.DenseValues()]);
        }

        return rows;
    }

    /// <summary>Observations and latents of a generated file, whose sequences all have the same length.</summary>
    public static SyntheticSplit ReadSplit(string path, int size)
    {
        List<float[]> observations = Read(path, "Observations");
        List<float[]> latents = Read(path, "Latents");
        return new SyntheticSplit(observations.Count, observations[0].Length / size, size, size, Flatten(latents), Flatten(observations));
    }

    private static double[] Flatten(List<float[]> rows) => [.. rows.SelectMany(row => row).Select(value => (double)value)];
}
