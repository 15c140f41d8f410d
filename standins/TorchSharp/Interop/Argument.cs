using System.Runtime.CompilerServices;

namespace TorchSharp.Interop;

/// <summary>What an argument is; the numbers are those of native/operators.h.</summary>
internal enum ArgumentTag
{
    Default, None, Tensor, Int, Double, Bool, IntList, DoubleList, TensorList, Text, Device, Generator,
}

/// <summary>
/// An argument of an operator, kept on the stack of the caller. The reference keeps tensors alive while native code runs.
/// </summary>
internal readonly struct Argument
{
    internal readonly object? Reference;
    internal readonly long Bits;
    internal readonly ArgumentTag Tag;
    internal readonly int Count;

    private Argument(ArgumentTag tag, long bits = 0, object? reference = null, int count = 0)
    {
        Tag = tag;
        Bits = bits;
        Reference = reference;
        Count = count;
    }

    /// <summary>The schema's own default.</summary>
    internal static Argument Default => default;

    internal static Argument None => new(ArgumentTag.None);

    public static implicit operator Argument(torch.Tensor? tensor) =>
        tensor is null ? None : new(ArgumentTag.Tensor, tensor.Handle, tensor);

    public static implicit operator Argument(long value) => new(ArgumentTag.Int, value);
    public static implicit operator Argument(int value) => new(ArgumentTag.Int, value);
    public static implicit operator Argument(long? value) => value is { } v ? v : None;
    public static implicit operator Argument(double value) => new(ArgumentTag.Double, BitConverter.DoubleToInt64Bits(value));
    public static implicit operator Argument(double? value) => value is { } v ? v : None;
    public static implicit operator Argument(bool value) => new(ArgumentTag.Bool, value ? 1 : 0);
    public static implicit operator Argument(bool? value) => value is { } v ? v : None;
    public static implicit operator Argument(Scalar? value) => value is null ? None : new(value.Tag, value.Bits);
    public static implicit operator Argument(torch.ScalarType value) => new(ArgumentTag.Int, (sbyte)value);
    public static implicit operator Argument(torch.ScalarType? value) => value is { } v ? v : None;
    public static implicit operator Argument(string? value) => value is null ? None : new(ArgumentTag.Text, 0, System.Text.Encoding.UTF8.GetBytes(value));
    public static implicit operator Argument(long[]? values) => values is null ? None : new(ArgumentTag.IntList, 0, values, values.Length);
    public static implicit operator Argument(ReadOnlySpan<long> values) => new(ArgumentTag.IntList, 0, values.ToArray(), values.Length);
    public static implicit operator Argument(torch.Size values) => values.Shape;
    public static implicit operator Argument(double[]? values) => values is null ? None : new(ArgumentTag.DoubleList, 0, values, values.Length);
    public static implicit operator Argument(torch.Tensor?[] values) => new(ArgumentTag.TensorList, 0, values, values.Length);

    public static implicit operator Argument(torch.Device? device) =>
        device is null ? None : new(ArgumentTag.Device, (int)device.type, null, device.index);

    public static implicit operator Argument(torch.Generator? generator) =>
        generator is null ? None : new(ArgumentTag.Generator, generator.Handle, generator);

    /// <summary>How many 8-byte words the list of this argument takes in the native call.</summary>
    internal int Words => Tag switch
    {
        ArgumentTag.IntList or ArgumentTag.DoubleList or ArgumentTag.TensorList => Count,
        ArgumentTag.Text => (Unsafe.As<byte[]>(Reference!).Length + 7) / 8,
        _ => 0,
    };

    /// <summary>Writes the list of this argument to <paramref name="words"/>.</summary>
    internal void CopyWords(Span<long> words)
    {
        switch (Tag)
        {
            case ArgumentTag.IntList: Unsafe.As<long[]>(Reference!).CopyTo(words); break;
            case ArgumentTag.DoubleList: Unsafe.As<double[]>(Reference!).AsSpan().CopyTo(System.Runtime.InteropServices.MemoryMarshal.Cast<long, double>(words)); break;
            case ArgumentTag.Text: Unsafe.As<byte[]>(Reference!).CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words)); break;
            case ArgumentTag.TensorList:
                var tensors = Unsafe.As<torch.Tensor?[]>(Reference!);
                for (int i = 0; i < tensors.Length; i++) words[i] = tensors[i] is { } t ? t.Handle : 0;
                break;
        }
    }
}
