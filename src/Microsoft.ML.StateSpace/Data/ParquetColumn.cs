using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Parquet.Schema;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>A column of a Parquet file that ML.NET can hold: a value, a list, or a list of lists per row.</summary>
internal abstract class ParquetColumn
{
    // One line per type: the name that ML.NET has for it.
    private static readonly Dictionary<Type, Func<string, DataField, int[], ParquetColumn>> Kinds = new()
    {
        [typeof(float)] = (name, field, lists) => new ParquetColumn<float>(name, field, lists, NumberDataViewType.Single, float.NaN),
        [typeof(double)] = (name, field, lists) => new ParquetColumn<double>(name, field, lists, NumberDataViewType.Double, double.NaN),
        [typeof(sbyte)] = (name, field, lists) => new ParquetColumn<sbyte>(name, field, lists, NumberDataViewType.SByte, null),
        [typeof(byte)] = (name, field, lists) => new ParquetColumn<byte>(name, field, lists, NumberDataViewType.Byte, null),
        [typeof(short)] = (name, field, lists) => new ParquetColumn<short>(name, field, lists, NumberDataViewType.Int16, null),
        [typeof(ushort)] = (name, field, lists) => new ParquetColumn<ushort>(name, field, lists, NumberDataViewType.UInt16, null),
        [typeof(int)] = (name, field, lists) => new ParquetColumn<int>(name, field, lists, NumberDataViewType.Int32, null),
        [typeof(uint)] = (name, field, lists) => new ParquetColumn<uint>(name, field, lists, NumberDataViewType.UInt32, null),
        [typeof(long)] = (name, field, lists) => new ParquetColumn<long>(name, field, lists, NumberDataViewType.Int64, null),
        [typeof(ulong)] = (name, field, lists) => new ParquetColumn<ulong>(name, field, lists, NumberDataViewType.UInt64, null),
        [typeof(bool)] = (name, field, lists) => new ParquetColumn<bool>(name, field, lists, BooleanDataViewType.Instance, null),
        [typeof(DateTime)] = (name, field, lists) => new ParquetColumn<DateTime>(name, field, lists, DateTimeDataViewType.Instance, null),
        [typeof(ReadOnlyMemory<char>)] = (name, field, lists) =>
            new ParquetColumn<ReadOnlyMemory<char>>(name, field, lists, TextDataViewType.Instance, ReadOnlyMemory<char>.Empty),
    };

    protected ParquetColumn(string name, DataField field, int[] listLevels, PrimitiveDataViewType item)
    {
        Name = name;
        Field = field;
        ListLevels = listLevels;
        Type = listLevels.Length == 0 ? item : new VectorDataViewType(item);
    }

    public string Name { get; }

    public DataField Field { get; }

    public DataViewType Type { get; }

    /// <summary>For each list around the value, from the outside, the definition level from which on it has an element.</summary>
    public int[] ListLevels { get; }

    /// <summary>The columns of a schema; those that cannot be read are named with the reason.</summary>
    /// <exception cref="InvalidDataException">A column has no name, or that of another.</exception>
    public static IReadOnlyList<ParquetColumn> From(ParquetSchema schema, out IReadOnlyDictionary<string, string> unsupported)
    {
        var columns = new List<ParquetColumn>();
        var refused = new Dictionary<string, string>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (Field field in schema.Fields)
        {
            if (string.IsNullOrEmpty(field.Name) || !names.Add(field.Name))
            {
                throw new InvalidDataException($"two columns have the name '{field.Name}', or a column has none");
            }

            if (Make(field, out string reason) is { } column)
            {
                columns.Add(column);
            }
            else
            {
                refused[field.Name] = reason;
            }
        }

        unsupported = refused;
        return columns;
    }

    /// <summary>The bytes that a value takes in memory, its levels included.</summary>
    public abstract int ValueBytes { get; }

    /// <summary>A reader of the column's values in the group that a cursor stands on.</summary>
    /// <param name="place">The cursor.</param>
    /// <param name="index">The column's number among those of the table.</param>
    public abstract ParquetColumnReader CreateReader(IParquetPlace place, int index);

    private static ParquetColumn? Make(Field field, out string reason)
    {
        var levels = new List<int>();
        Field inner = field;
        while (inner is ListField list)
        {
            // A list of the old two-level form has no level of its own: its repeated value has.
            if (list.Item is not DataField { IsArray: true })
            {
                levels.Add(list.MaxDefinitionLevel);
            }

            inner = list.Item;
        }

        if (inner is not DataField data)
        {
            reason = $"it holds a {inner.SchemaType.ToString().ToLowerInvariant()}";
            return null;
        }

        if (data.IsArray)
        {
            levels.Add(data.MaxDefinitionLevel);
        }

        bool known = Kinds.TryGetValue(data.ClrType, out Func<string, DataField, int[], ParquetColumn>? make);
        reason = !known ? $"it holds values of type {data.ClrType.Name}" : "its lists are nested more than two deep";
        return known && levels.Count <= 2 ? make!(field.Name, data, [.. levels]) : null;
    }
}

/// <summary>A column of values of one type; missing is what stands for null, or null where ML.NET has nothing for it.</summary>
internal sealed class ParquetColumn<T>(string name, DataField field, int[] listLevels, PrimitiveDataViewType item, T? missing)
    : ParquetColumn(name, field, listLevels, item) where T : struct
{
    public T? Missing { get; } = missing;

    public override int ValueBytes => Unsafe.SizeOf<T>() + (Field.MaxDefinitionLevel > 0 ? sizeof(int) : 0) + (Field.MaxRepetitionLevel > 0 ? sizeof(int) : 0);

    public override ParquetColumnReader CreateReader(IParquetPlace place, int index) => new ParquetColumnReader<T>(this, place, index);
}
