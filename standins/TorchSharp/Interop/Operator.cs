using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace TorchSharp.Interop;

/// <summary>
/// An ATen operator, bound to LibTorch by its name at the first call. Arguments are given in the order of the schema; those
/// left out take the schema's defaults.
/// </summary>
[SkipLocalsInit]
internal sealed unsafe class Operator(string name, int arity)
{
    private const int StackWords = 128;
    private int id = -1;

    internal string Name => name;

    internal Tensor Call(params ReadOnlySpan<Argument> arguments)
    {
        NativeResult result;
        Run(arguments, &result, 1);
        return new Tensor((nint)result.Value, result.Bytes);
    }

    internal (Tensor, Tensor) Call2(params ReadOnlySpan<Argument> arguments)
    {
        NativeResult* results = stackalloc NativeResult[2];
        Run(arguments, results, 2);
        return (Take(results[0]), Take(results[1]));
    }

    internal (Tensor, Tensor, Tensor) Call3(params ReadOnlySpan<Argument> arguments)
    {
        NativeResult* results = stackalloc NativeResult[3];
        Run(arguments, results, 3);
        return (Take(results[0]), Take(results[1]), Take(results[2]));
    }

    internal (Tensor, Tensor, Tensor, Tensor) Call4(params ReadOnlySpan<Argument> arguments)
    {
        NativeResult* results = stackalloc NativeResult[4];
        Run(arguments, results, 4);
        return (Take(results[0]), Take(results[1]), Take(results[2]), Take(results[3]));
    }

    internal Tensor[] CallList(params ReadOnlySpan<Argument> arguments)
    {
        const int capacity = 16;
        NativeResult* results = stackalloc NativeResult[capacity];
        int count = (int)Run(arguments, results, capacity);
        var rest = new NativeResult[Math.Max(0, count - capacity)];
        if (rest.Length > 0)
            fixed (NativeResult* more = rest) Native.st_overflow(more);
        var tensors = new Tensor[count];
        for (int i = 0; i < count; i++) tensors[i] = Take(i < capacity ? results[i] : rest[i - capacity]);
        return tensors;
    }

    /// <summary>Calls an operator that changes its first argument, and returns that argument.</summary>
    internal Tensor Update(params ReadOnlySpan<Argument> arguments)
    {
        Run(arguments, null, 0);
        return Unsafe.As<Tensor>(arguments[0].Reference!);
    }

    internal long CallInt(params ReadOnlySpan<Argument> arguments)
    {
        NativeResult result;
        Run(arguments, &result, 1);
        return result.Value;
    }

    internal bool CallBool(params ReadOnlySpan<Argument> arguments) => CallInt(arguments) != 0;

    internal double CallDouble(params ReadOnlySpan<Argument> arguments) => BitConverter.Int64BitsToDouble(CallInt(arguments));

    /// <summary>Names what is wrong with this operator in the LibTorch at hand, or null.</summary>
    internal string? Problem()
    {
        try
        {
            Native.Check(Native.st_fits(Id, arity));
            return null;
        }
        catch (ExternalException e)
        {
            return $"{name}: {e.Message}";
        }
    }

    private int Id => id >= 0 ? id : Bind();

    private int Bind()
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
            return id = (int)Native.Check(Native.st_bind(text));
    }

    private static Tensor Take(NativeResult result) => result.Value == 0 ? null! : new Tensor((nint)result.Value, result.Bytes);

    private long Run(ReadOnlySpan<Argument> arguments, NativeResult* results, int capacity)
    {
        NativeArgument* native = stackalloc NativeArgument[arguments.Length];
        int words = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            ref readonly Argument argument = ref arguments[i];
            native[i].Tag = (int)argument.Tag;
            native[i].Count = argument.Count;
            native[i].Bits = argument.Bits;
            words += argument.Words;
        }
        long count = words == 0
            ? Native.st_call(Id, native, arguments.Length, results, capacity)
            : RunWithLists(arguments, native, words, results, capacity);
        if (count < 0) Native.Throw();
        return count;
    }

    private long RunWithLists(ReadOnlySpan<Argument> arguments, NativeArgument* native, int words, NativeResult* results, int capacity)
    {
        long[]? pooled = words > StackWords ? new long[words] : null;
        Span<long> lists = pooled ?? stackalloc long[StackWords];
        fixed (long* start = lists)
        {
            int at = 0;
            for (int i = 0; i < arguments.Length; i++)
            {
                ref readonly Argument argument = ref arguments[i];
                if (argument.Tag is not (ArgumentTag.IntList or ArgumentTag.DoubleList or ArgumentTag.TensorList or ArgumentTag.Text)) continue;
                argument.CopyWords(lists[at..]);
                native[i].Bits = (long)(start + at);
                if (argument.Tag == ArgumentTag.Text) native[i].Count = Unsafe.As<byte[]>(argument.Reference!).Length;
                at += argument.Words;
            }
            return Native.st_call(Id, native, arguments.Length, results, capacity);
        }
    }
}
