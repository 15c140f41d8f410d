using System.Linq.Expressions;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Fills an object's members from a row.</summary>
internal sealed class RowReader<TRow> where TRow : class
{
    private readonly List<(RowColumn Member, DataViewSchema.Column Column)> _bound = [];

    public RowReader(IHostEnvironment env, DataViewSchema schema, bool ignoreMissingColumns, SchemaDefinition definition)
    {
        var host = env.Register("TypedCursorable");
        foreach (var member in RowColumn.Bind(typeof(TRow), definition, SchemaDefinition.Direction.Write))
        {
            if (schema.GetColumnOrNull(member.Name) is not { } column)
            {
                if (ignoreMissingColumns)
                    continue;
                throw host.ExceptSchemaMismatch("Schema", "", member.Name);
            }
            RowMember.GetVectorAndItemType(member.Name, member.MemberType, out bool isVector, out var itemType);
            if (isVector != column.Type is VectorDataViewType || column.Type.GetItemType().RawType != itemType)
                throw host.Except("Can't bind the IDataView column '{0}' of type '{1}' to field or property '{2}' of type '{3}'.",
                    member.Name, column.Type, member.Member.Name, member.MemberType.FullName);
            _bound.Add((member, column));
        }
    }

    public IEnumerable<DataViewSchema.Column> Columns => _bound.Select(b => b.Column);

    public Action<TRow> Bind(DataViewRow row)
    {
        var setters = _bound.Select(b => Getters.ForType<Action<TRow>>(Setter<int>, b.Member.MemberType, row, b.Member, b.Column)).ToArray();
        return target =>
        {
            foreach (var set in setters)
                set(target);
        };
    }

    private static Action<TRow> Setter<TMember>(DataViewRow row, RowColumn member, DataViewSchema.Column column)
    {
        var target = Expression.Parameter(typeof(TRow));
        var value = Expression.Parameter(typeof(TMember));
        var access = Expression.MakeMemberAccess(target, member.Member);
        var write = Expression.Lambda<Action<TRow, TMember>>(Expression.Assign(access, value), target, value).Compile();
        // What a vector-valued member holds already is reused, where it can be read.
        var read = member.Member is System.Reflection.PropertyInfo { CanRead: false } ? _ => default
            : Expression.Lambda<Func<TRow, TMember>>(access, target).Compile();

        if (write is Action<TRow, string> writeString)
            return FromText(row.GetGetter<ReadOnlyMemory<char>>(column), writeString);
        if (write is Action<TRow, string[]> writeStrings)
            return ToStrings(row.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column), writeStrings);
        if (typeof(TMember).IsArray)
            return Getters.ForType<Action<TRow>>(ToArray<int>, typeof(TMember).GetElementType(), row, column, read, write);
        var getter = row.GetGetter<TMember>(column);
        bool reuse = column.Type is VectorDataViewType;
        return filled =>
        {
            var current = reuse ? read(filled) : default;
            getter(ref current);
            write(filled, current);
        };
    }

    private static Action<TRow> FromText(ValueGetter<ReadOnlyMemory<char>> getter, Action<TRow, string> write)
    {
        ReadOnlyMemory<char> text = default;
        return row =>
        {
            getter(ref text);
            write(row, text.ToString());
        };
    }

    private static Action<TRow> ToStrings(ValueGetter<VBuffer<ReadOnlyMemory<char>>> getter, Action<TRow, string[]> write)
    {
        VBuffer<ReadOnlyMemory<char>> texts = default;
        return row =>
        {
            getter(ref texts);
            write(row, texts.DenseValues().Select(t => t.ToString()).ToArray());
        };
    }

    private static Action<TRow> ToArray<T>(DataViewRow row, DataViewSchema.Column column, Func<TRow, T[]> read, Action<TRow, T[]> write)
    {
        var getter = row.GetGetter<VBuffer<T>>(column);
        VBuffer<T> values = default;
        return target =>
        {
            var array = read(target);
            getter(ref values);
            if (array is null || array.Length != values.Length)
                array = new T[values.Length];
            values.CopyTo(array);
            write(target, array);
        };
    }
}
