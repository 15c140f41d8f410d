namespace TorchSharp;

/// <summary>The package's binary form of a tensor: type and shape as 7-bit integers, then the bytes.</summary>
internal static class TensorSerialization
{
    internal static void Write(Tensor tensor, BinaryWriter writer)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor here = tensor.device_type == DeviceType.CPU ? tensor : tensor.cpu();
        writer.Write7BitEncodedInt64((sbyte)here.dtype);
        writer.Write7BitEncodedInt64(here.Dimensions);
        foreach (long size in here.shape) writer.Write7BitEncodedInt64(size);
        here.WriteBytesToStream(writer.BaseStream);
    }

    /// <exception cref="ArgumentException">The stored tensor has another type or shape than the target.</exception>
    internal static Tensor Read(Tensor? target, BinaryReader reader, bool skip)
    {
        var type = (ScalarType)reader.Read7BitEncodedInt64();
        var shape = new long[reader.Read7BitEncodedInt64()];
        for (int i = 0; i < shape.Length; i++) shape[i] = reader.Read7BitEncodedInt64();
        if (skip)
        {
            reader.BaseStream.Seek(shape.TotalSize() * type.ElementSize(), SeekOrigin.Current);
            return target ?? torch.zeros(shape, type);
        }
        target ??= torch.empty(shape, type);
        if (type != target.dtype || !shape.AsSpan().SequenceEqual(target.shape))
            throw new ArgumentException("Mismatched tensor data type or shape while loading. Make sure that the model you are loading into is exactly the same as the origin.");
        using IDisposable untracked = torch.no_grad();
        if (target.device_type == DeviceType.CPU)
        {
            target.ReadBytesFromStream(reader.BaseStream);
            return target;
        }
        using Tensor here = torch.empty(shape, type, torch.CPU);
        here.ReadBytesFromStream(reader.BaseStream);
        return target.copy_(here);
    }
}
