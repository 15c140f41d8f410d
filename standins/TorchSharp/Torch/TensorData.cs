using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>The element type of a .NET type.</summary>
    internal static ScalarType ScalarTypeOf<T>() => Type.GetTypeCode(typeof(T)) switch
    {
        TypeCode.Boolean => ScalarType.Bool,
        TypeCode.Byte => ScalarType.Byte,
        TypeCode.SByte => ScalarType.Int8,
        TypeCode.Int16 => ScalarType.Int16,
        TypeCode.Int32 => ScalarType.Int32,
        TypeCode.Int64 => ScalarType.Int64,
        TypeCode.Single => ScalarType.Float32,
        TypeCode.Double => ScalarType.Float64,
        _ when typeof(T) == typeof(Half) => ScalarType.Float16,
        _ => throw new ArgumentException($"{typeof(T).Name} is not an element type of tensors"),
    };

    /// <summary>A tensor with a copy of the data, converted and moved as asked.</summary>
    private static Tensor Made<T>(ReadOnlySpan<T> data, ReadOnlySpan<long> shape, ScalarType? dtype, Device? device, bool requires_grad)
        where T : unmanaged
    {
        long size = 1;
        foreach (long length in shape) size *= length;
        if (size != data.Length) throw new ArgumentException($"mismatched total size creating a tensor from an array: {data.Length} vs. {size}");
        NativeResult result;
        fixed (T* from = data)
        fixed (long* sizes = shape)
            Native.Check(Native.st_from_memory(from, sizes, shape.Length, (sbyte)ScalarTypeOf<T>(), &result));
        return Placed(new Tensor((nint)result.Value, result.Bytes), dtype, device, requires_grad);
    }

    private static Tensor Made<T>(Array data, ScalarType? dtype, Device? device, bool requires_grad) where T : unmanaged
    {
        var shape = new long[data.Rank];
        for (int d = 0; d < shape.Length; d++) shape[d] = data.GetLongLength(d);
        ReadOnlySpan<T> flat = data.Length == 0
            ? []
            : MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(data)), data.Length);
        return Made(flat, shape, dtype, device, requires_grad);
    }

    private static ReadOnlySpan<T> Copied<T>(IList<T> list) => list is T[] array ? array : list is List<T> own ? CollectionsMarshal.AsSpan(own) : list.ToArray();

    private static Tensor Placed(Tensor made, ScalarType? dtype, Device? device, bool requires_grad)
    {
        Device target = InitializeDevice(device);
        ScalarType type = dtype ?? made.dtype;
        if (type != made.dtype || target.type != DeviceType.CPU)
        {
            Tensor here = made;
            made = here.to(type, target);
            here.Dispose();
        }
        if (requires_grad) made.requires_grad = true;
        return made;
    }

    /// <summary>A tensor that shares the memory of an array, which stays pinned as long as anything refers to it.</summary>
    public static Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1, long offset = 0, bool requires_grad = false)
    {
        long available = rawArray.LongLength;
        if (count < 0) count = available - offset;
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + count, available);
        int size = Marshal.SizeOf(rawArray.GetType().GetElementType()!);
        GCHandle pinned = GCHandle.Alloc(rawArray, GCHandleType.Pinned);
        NativeResult result;
        long start = pinned.AddrOfPinnedObject() + offset * size;
        if (Native.st_over_memory((void*)start, &count, 1, (sbyte)dtype, &Unpin, GCHandle.ToIntPtr(pinned), &result) < 0)
        {
            pinned.Free();
            Native.Throw();
        }
        var made = new Tensor((nint)result.Value);
        if (requires_grad) made.requires_grad = true;
        return made;
    }

    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    public static Tensor from_array(Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Type.GetTypeCode(rawArray.GetType().GetElementType()) switch
        {
            TypeCode.Boolean => Made<bool>(rawArray, dtype, device, requires_grad),
            TypeCode.Byte => Made<byte>(rawArray, dtype, device, requires_grad),
            TypeCode.SByte => Made<sbyte>(rawArray, dtype, device, requires_grad),
            TypeCode.Int16 => Made<short>(rawArray, dtype, device, requires_grad),
            TypeCode.Int32 => Made<int>(rawArray, dtype, device, requires_grad),
            TypeCode.Int64 => Made<long>(rawArray, dtype, device, requires_grad),
            TypeCode.Single => Made<float>(rawArray, dtype, device, requires_grad),
            TypeCode.Double => Made<double>(rawArray, dtype, device, requires_grad),
            var code => throw new ArgumentException($"{code} is not an element type of tensors"),
        };

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Unpin(long pinned) => GCHandle.FromIntPtr((nint)pinned).Free();
}
