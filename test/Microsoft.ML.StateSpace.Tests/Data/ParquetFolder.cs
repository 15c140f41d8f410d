using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Parquet;
using Parquet.Schema;

namespace Microsoft.ML.StateSpace.Tests.Data;

/// <summary>A folder of its own for a test's files, and short ways to write and read them.</summary>
internal sealed class ParquetFolder : IDisposable
{
    public ParquetFolder() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"parquet-{Guid.NewGuid():N}");

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string[] Files => Directory.GetFiles(Path).Select(file => System.IO.Path.GetFileName(file)).Order().ToArray();

    /// <summary>Writes a file of one row group with the package itself.</summary>
    public string Write(string name, Field[] fields, params Func<ParquetRowGroupWriter, Task>[] columns)
    {
        async Task WriteAsync()
        {
            await using FileStream stream = File.Create(this[name]);
            await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream);
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            foreach (Func<ParquetRowGroupWriter, Task> column in columns)
            {
                await column(group);
            }

            group.CompleteValidate();
        }

        WriteAsync().GetAwaiter().GetResult();
        return this[name];
    }

    /// <summary>All values of a scalar column.</summary>
    public static T[] Values<T>(IDataView data, string column)
    {
        var rows = new List<T>();
        DataViewSchema.Column wanted = data.Schema[column];
        using DataViewRowCursor cursor = data.GetRowCursor([wanted]);
        ValueGetter<T> getter = cursor.GetGetter<T>(wanted);
        T value = default!;
        while (cursor.MoveNext())
        {
            getter(ref value);
            rows.Add(value);
        }

        return [.. rows];
    }

    public static string[] Texts(IDataView data, string column) =>
        Values<ReadOnlyMemory<char>>(data, column).Select(text => text.ToString()).ToArray();

    /// <summary>All values of a vector column.</summary>
    public static T[][] Lists<T>(IDataView data, string column) =>
        ListsOf<T>(data, column).ToArray();

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static IEnumerable<T[]> ListsOf<T>(IDataView data, string column)
    {
        DataViewSchema.Column wanted = data.Schema[column];
        using DataViewRowCursor cursor = data.GetRowCursor([wanted]);
        ValueGetter<VBuffer<T>> getter = cursor.GetGetter<VBuffer<T>>(wanted);
        VBuffer<T> value = default;
        while (cursor.MoveNext())
        {
            getter(ref value);
            yield return value.DenseValues().ToArray();
        }
    }

    public static IDataView Load(params string[] paths) => ParquetSequences.Load(paths);

    /// <summary>Fails unless two columns of lists are the same.</summary>
    public static void AreEqual<T>(T[][] expected, T[][] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (int row = 0; row < expected.Length; row++)
        {
            CollectionAssert.AreEqual(expected[row], actual[row], $"row {row}");
        }
    }
}
