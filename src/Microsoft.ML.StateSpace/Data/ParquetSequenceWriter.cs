using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Writes the rows of a data view into a Parquet file: values and text as columns, vectors as lists.</summary>
internal static class ParquetSequenceWriter
{
    // One line per type that ML.NET and Parquet share.
    private static readonly Dictionary<Type, Func<DataViewSchema.Column, bool, IPump>> Kinds = new()
    {
        [typeof(float)] = Make<float>,
        [typeof(double)] = Make<double>,
        [typeof(sbyte)] = Make<sbyte>,
        [typeof(byte)] = Make<byte>,
        [typeof(short)] = Make<short>,
        [typeof(ushort)] = Make<ushort>,
        [typeof(int)] = Make<int>,
        [typeof(uint)] = Make<uint>,
        [typeof(long)] = Make<long>,
        [typeof(ulong)] = Make<ulong>,
        [typeof(bool)] = Make<bool>,
        [typeof(DateTime)] = Make<DateTime>,
        [typeof(ReadOnlyMemory<char>)] = Make<ReadOnlyMemory<char>>,
    };

    private interface IPump
    {
        ParquetColumnBuffer Buffer { get; }

        Action Connect(DataViewRow row);
    }

    /// <summary>Writes a file, which appears under its name only when it is complete.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or of a type that Parquet cannot hold.</exception>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    public static void Write(IDataView data, string path, ParquetSaveOptions? options = null, CancellationToken cancellation = default,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrEmpty(path);
        DataViewSchema.Column[] columns = Choose(data.Schema, options?.ColumnNames);
        IPump[] pumps = columns.Select(MakePump).ToArray();
        using var writer = new ParquetFileWriter(path, pumps.Select(pump => pump.Buffer).ToList(), options) { Metadata = metadata };
        using DataViewRowCursor cursor = data.GetRowCursor(columns);
        Action[] appends = pumps.Select(pump => pump.Connect(cursor)).ToArray();
        while (cursor.MoveNext())
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (Action append in appends)
            {
                append();
            }

            writer.EndRow();
        }

        writer.Complete();
    }

    private static DataViewSchema.Column[] Choose(DataViewSchema schema, IReadOnlyList<string>? names)
    {
        DataViewSchema.Column[] chosen = names is null
            ? schema.Where(column => !column.IsHidden).ToArray()
            : names.Select(name => schema.GetColumnOrNull(name)
                ?? throw new ArgumentOutOfRangeException(nameof(names), name, "There is no column of that name.")).ToArray();
        return chosen.Length > 0 ? chosen : throw new ArgumentOutOfRangeException(nameof(schema), "There is no column to write.");
    }

    private static IPump MakePump(DataViewSchema.Column column)
    {
        DataViewType item = column.Type is VectorDataViewType vector ? vector.ItemType : column.Type;
        return item is not KeyDataViewType && Kinds.TryGetValue(item.RawType, out Func<DataViewSchema.Column, bool, IPump>? make)
            ? make(column, column.Type is VectorDataViewType)
            : throw new ArgumentOutOfRangeException(
                nameof(column), column.Name, $"Parquet cannot hold columns of type {column.Type}: convert the column, or leave it out by ColumnNames.");
    }

    private static IPump Make<T>(DataViewSchema.Column column, bool isVector) where T : struct =>
        isVector ? new VectorPump<T>(column) : new ValuePump<T>(column);

    private sealed class ValuePump<T>(DataViewSchema.Column column) : IPump where T : struct
    {
        private readonly ParquetValueBuffer<T> _buffer = new(column.Name);

        public ParquetColumnBuffer Buffer => _buffer;

        public Action Connect(DataViewRow row)
        {
            ValueGetter<T> getter = row.GetGetter<T>(column);
            T value = default;
            return () =>
            {
                getter(ref value);
                _buffer.Append(value);
            };
        }
    }

    private sealed class VectorPump<T>(DataViewSchema.Column column) : IPump where T : struct
    {
        private readonly ParquetListBuffer<T> _buffer = new(column.Name);

        public ParquetColumnBuffer Buffer => _buffer;

        public Action Connect(DataViewRow row)
        {
            ValueGetter<VBuffer<T>> getter = row.GetGetter<VBuffer<T>>(column);
            VBuffer<T> value = default;
            VBuffer<T> dense = default;
            return () =>
            {
                getter(ref value);
                if (value.IsDense)
                {
                    _buffer.Append(value.GetValues());
                }
                else
                {
                    value.CopyToDense(ref dense);
                    _buffer.Append(dense.GetValues());
                }
            };
        }
    }
}
