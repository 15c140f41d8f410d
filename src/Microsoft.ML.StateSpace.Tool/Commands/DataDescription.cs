using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Tool.Files;
using Spectre.Console;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>A Parquet file's columns, and how many numbers its rows have in each.</summary>
internal sealed record DataDescription : IDescription
{
    public string Kind => "data";

    public required long Rows { get; init; }

    public required IReadOnlyList<ColumnDescription> Columns { get; init; }

    public static DataDescription Of(string path, CancellationToken cancellation)
    {
        IDataView view = new DataFile(new MLContext(), path).View;
        DataViewSchema.Column[] vectors = [.. view.Schema.Where(column => column.Type is VectorDataViewType)];
        var lengths = vectors.ToDictionary(column => column.Name, _ => new List<int>());
        long rows = 0;
        using (DataViewRowCursor cursor = view.GetRowCursor(vectors))
        {
            Func<int>[] readers = [.. vectors.Select(column => VectorLength.Reader(cursor, column))];
            for (; cursor.MoveNext(); rows++)
            {
                cancellation.ThrowIfCancellationRequested();
                for (int i = 0; i < vectors.Length; i++)
                    lengths[vectors[i].Name].Add(readers[i]());
            }
        }

        return new DataDescription
        {
            Rows = vectors.Length > 0 ? rows : view.GetRowCount() ?? CountRows(view),
            Columns = [.. view.Schema.Select(column => new ColumnDescription(
                column.Name, $"{column.Type}", LengthStatistics.Of(lengths.GetValueOrDefault(column.Name))))],
        };
    }

    public void Print(IAnsiConsole console)
    {
        console.WriteLine($"{Rows} rows");
        var table = new Table().AddColumns("column", "type", "least", "median", "mean", "most");
        foreach (ColumnDescription column in Columns)
        {
            string[] numbers = column.Length is { } length
                ? [$"{length.Least}", $"{length.Median}", length.Mean.ToString("f1", CultureInfo.InvariantCulture), $"{length.Most}"]
                : ["", "", "", ""];
            table.AddRow([.. new[] { column.Name, column.Type }.Concat(numbers).Select(Markup.Escape)]);
        }

        console.Write(table);
        console.WriteLine("Lengths are numbers per row: steps times the numbers of a step.");
    }

    private static long CountRows(IDataView view)
    {
        long rows = 0;
        using DataViewRowCursor cursor = view.GetRowCursor([]);
        while (cursor.MoveNext())
            rows++;
        return rows;
    }
}

/// <summary>A column of a data file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its ML.NET type.</param>
/// <param name="Length">Numbers per row; null when the column is no vector.</param>
internal sealed record ColumnDescription(string Name, string Type, LengthStatistics? Length);

/// <summary>How the rows of a vector column differ in length.</summary>
internal sealed record LengthStatistics(int Least, int Median, double Mean, int Most, long Total)
{
    public static LengthStatistics? Of(List<int>? lengths)
    {
        if (lengths is null or { Count: 0 })
            return null;
        int[] sorted = [.. lengths.Order()];
        return new LengthStatistics(sorted[0], sorted[sorted.Length / 2], sorted.Average(), sorted[^1], sorted.Sum(length => (long)length));
    }
}
