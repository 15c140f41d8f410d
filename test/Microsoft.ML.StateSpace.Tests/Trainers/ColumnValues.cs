using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>The values of a scored column of any type, of a view or row by row.</summary>
internal static class ColumnValues
{
    // Scored row by row, asking for one column only.
    public static object[] ByRow(DeepMarkovTransformer model, IDataView data, string name)
    {
        var mapper = model.GetRowToRowMapper(data.Schema);
        var column = mapper.OutputSchema[name];
        using var cursor = data.GetRowCursor(mapper.GetDependencies([column]));
        using var row = mapper.GetRow(cursor, [column]);
        var read = Reader(row, column);
        var values = new List<object>();
        while (cursor.MoveNext())
            values.Add(read());
        return [.. values];
    }

    public static object[] Column(IDataView view, string name)
    {
        using var cursor = view.GetRowCursor([view.Schema[name]]);
        Assert.AreEqual(1, view.Schema.Count(cursor.IsColumnActive));
        var read = Reader(cursor, view.Schema[name]);
        var values = new List<object>();
        while (cursor.MoveNext())
            values.Add(read());
        return [.. values];
    }

    public static void AssertEqual(object expected, object actual, double tolerance, string column)
    {
        if (expected is not double[] a || actual is not double[] b)
        {
            Assert.AreEqual(expected, actual, column);
            return;
        }
        Assert.AreEqual(a.Length, b.Length, column);
        for (int i = 0; i < a.Length; i++)
            Assert.IsTrue(a[i].Equals(b[i]) || Math.Abs(a[i] - b[i]) <= tolerance * Math.Max(1, Math.Abs(a[i])), $"{column}[{i}]: {a[i]} and {b[i]}");
    }

    private static Func<object> Reader(DataViewRow row, DataViewSchema.Column column) =>
        (Func<object>)typeof(ColumnValues).GetMethod(nameof(ReaderOf), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(column.Type.RawType).Invoke(null, [row, column])!;

    private static Func<object> ReaderOf<T>(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<T>(column);
        return () =>
        {
            var value = default(T)!;
            getter(ref value);
            return value switch
            {
                VBuffer<float> numbers => numbers.DenseValues().Select(v => (double)v).ToArray(),
                VBuffer<double> numbers => numbers.DenseValues().ToArray(),
                VBuffer<bool> flags => flags.DenseValues().Select(v => v ? 1.0 : 0).ToArray(),
                float number => new double[] { number },
                _ => $"{value}",
            };
        };
    }
}
