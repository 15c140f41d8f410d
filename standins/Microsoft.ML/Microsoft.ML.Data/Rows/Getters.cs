using System.Linq.Expressions;
using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Getters over the members of an object.</summary>
internal static class Getters
{
    public const string FetchValueStateError = "Values cannot be fetched at this time. This method was called either before the first call to "
        + nameof(DataViewRowCursor.MoveNext) + ", or at any point after that method returned false.";

    /// <summary>Calls <paramref name="method"/> with another last type argument than the one it is given for.</summary>
    public static TResult ForType<TResult>(Delegate method, Type type, params object[] arguments)
    {
        Type[] types = [.. method.Method.GetGenericArguments()[..^1], type];
        return (TResult)method.Method.GetGenericMethodDefinition().MakeGenericMethod(types).Invoke(method.Target, arguments);
    }

    public static Delegate FromMember<TRow>(RowColumn column, Func<TRow> current) =>
        ForType<Delegate>(FromColumn<TRow, int>, column.MemberType, column, current);

    private static Delegate FromColumn<TRow, TMember>(RowColumn column, Func<TRow> current)
    {
        var row = Expression.Parameter(typeof(TRow));
        var read = Expression.Lambda<Func<TRow, TMember>>(Expression.MakeMemberAccess(row, column.Member), row).Compile();
        return FromMember(read, current, column.Type);
    }

    // The conversions: string to text, array to dense vector, a copy of a vector, a key's value plus one, and the value itself.
    public static Delegate FromMember<TRow, TMember>(Func<TRow, TMember> read, Func<TRow> current, DataViewType type)
    {
        if (read is Func<TRow, string> readString)
            return (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = readString(current()).AsMemory());
        if (read is Func<TRow, string[]> readStrings)
            return (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> value) =>
                SetDense(ref value, readStrings(current())?.Select(s => s.AsMemory()).ToArray()));
        if (typeof(TMember).IsArray)
            return ForType<Delegate>(FromArray<TRow, int>, typeof(TMember).GetElementType(), read, current);
        if (type is VectorDataViewType vector)
            return ForType<Delegate>(FromBuffer<TRow, int>, vector.ItemType.RawType, read, current);
        if (type is KeyDataViewType key)
            return FromKey(read, current, key);
        return (ValueGetter<TMember>)((ref TMember value) => value = read(current()));
    }

    private static Delegate FromArray<TRow, T>(Func<TRow, T[]> read, Func<TRow> current) =>
        (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => SetDense(ref value, read(current())));

    private static Delegate FromBuffer<TRow, T>(Func<TRow, VBuffer<T>> read, Func<TRow> current) =>
        (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => read(current()).CopyTo(ref value));

    private static Delegate FromKey<TRow, T>(Func<TRow, T> read, Func<TRow> current, KeyDataViewType type)
    {
        Contracts.Check(typeof(T) == typeof(ulong) || typeof(T) == typeof(uint) || typeof(T) == typeof(byte));
        return (ValueGetter<T>)((ref T value) =>
        {
            ulong key = (ulong)Convert.ChangeType(read(current()), typeof(ulong));
            value = (T)Convert.ChangeType(key < type.Count ? key + 1 : 0, typeof(T));
        });
    }

    private static void SetDense<T>(ref VBuffer<T> target, T[] values)
    {
        var editor = VBufferEditor.Create(ref target, values?.Length ?? 0);
        values.AsSpan().CopyTo(editor.Values);
        target = editor.Commit();
    }
}
