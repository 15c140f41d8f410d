using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Rows per second from Parquet files of several sizes, in order and shuffled, and the resident memory meanwhile: it must be flat.</summary>
internal static class ParquetReading
{
    // A row of about 1 kB.
    private const int RowValues = 250;
    private const int RowsPerMegabyte = 1000;

    public static object Run(int[] megabytes)
    {
        string folder = Directory.CreateTempSubdirectory("bench-parquet-").FullName;
        try
        {
            return new { benchmark = "parquetReading", files = megabytes.Select(size => Run(Path.Combine(folder, $"{size}.parquet"), size)).ToArray() };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static object Run(string path, int megabytes)
    {
        int rows = megabytes * RowsPerMegabyte;
        double writing = Seconds(() => Write(path, rows));
        double before = Resident();
        IDataView view = new MLContext().StateSpace.Data.LoadFromParquet(path);
        (double inOrder, double peak) = Read(view, rows, null);
        (double shuffled, double shuffledPeak) = Read(view, rows, new Random(1));
        File.Delete(path);
        Console.WriteLine($"parquet    {megabytes,5} MB: {rows / writing:f0} rows/s written; read {rows / inOrder:f0} rows/s in order, {rows / shuffled:f0} shuffled; "
            + $"resident {before:f0} MB before, at most {peak:f0} in order, {shuffledPeak:f0} shuffled");
        return new
        {
            megabytes,
            rows,
            writtenRowsPerSecond = rows / writing,
            readRowsPerSecond = rows / inOrder,
            shuffledRowsPerSecond = rows / shuffled,
            residentBeforeMegabytes = before,
            residentPeakMegabytes = peak,
            shuffledResidentPeakMegabytes = shuffledPeak,
        };
    }

    // Random values do not compress, so that the file has the size of its numbers.
    private static void Write(string path, int rows)
    {
        var random = new Random(3);
        var ids = new ParquetValueBuffer<ReadOnlyMemory<char>>("SequenceId");
        var observations = new ParquetListBuffer<float>("Observations");
        using var writer = new ParquetFileWriter(path, [ids, observations]);
        var values = new float[RowValues];
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = random.NextSingle();
            ids.Append($"series-{row:D8}".AsMemory());
            observations.Append(values);
            writer.EndRow();
        }

        writer.Complete();
    }

    private static (double Seconds, double PeakMegabytes) Read(IDataView view, int rows, Random? order)
    {
        double peak = 0;
        int read = 0;
        double seconds = Seconds(() =>
        {
            using DataViewRowCursor cursor = view.GetRowCursor(view.Schema, order);
            var id = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["SequenceId"]);
            var observations = cursor.GetGetter<VBuffer<float>>(view.Schema["Observations"]);
            ReadOnlyMemory<char> name = default;
            VBuffer<float> values = default;
            for (; cursor.MoveNext(); read++)
            {
                id(ref name);
                observations(ref values);
                if (read % 1000 == 0)
                    peak = Math.Max(peak, Resident());
            }
        });
        return read == rows ? (seconds, peak) : throw new InvalidDataException($"{read} rows were read of {rows}");
    }

    private static double Seconds(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }

    private static double Resident() => Environment.WorkingSet / 1e6;
}
