using System.Numerics;
using System.Runtime.CompilerServices;

namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        public long Dimensions => Native.st_dim(Handle);
        public long dim() => Dimensions;
        public long ndim => Dimensions;
        public long NumberOfElements => Native.st_numel(Handle);
        public long numel() => NumberOfElements;
        public long ElementSize => Native.st_itemsize(Handle);
        public long element_size() => ElementSize;
        public ScalarType dtype => (ScalarType)Native.st_dtype(Handle);
        public DeviceType device_type => (DeviceType)Native.st_device_type(Handle);
        public int device_index => (int)Native.st_device_index(Handle);
        public Device device => device_type == DeviceType.CPU ? new Device(DeviceType.CPU) : new Device(device_type, device_index);
        public bool is_cuda => device_type == DeviceType.CUDA;
        public bool is_meta => device_type == DeviceType.META;
        public bool is_sparse => Native.st_is_sparse(Handle) != 0;
        public bool is_cpu() => device_type == DeviceType.CPU;
        public bool is_contiguous() => Native.st_is_contiguous(Handle) != 0;
        public bool is_integral() => torch.is_integral(dtype);
        public bool is_floating_point() => torch.is_floating_point(dtype);
        public bool is_complex() => torch.is_complex(dtype);
        public long storage_offset() => Native.st_storage_offset(Handle);

        public long[] shape => size();

        public long[] size()
        {
            var sizes = new long[Dimensions];
            fixed (long* p = sizes) Native.st_sizes(Handle, p);
            return sizes;
        }

        /// <exception cref="System.Runtime.InteropServices.ExternalException">There is no such dimension.</exception>
        public long size(int dim)
        {
            int count = (int)Dimensions, at = dim < 0 ? dim + count : dim;
            if (at < 0 || at >= count) return Aten.size_int.CallInt(this, dim);
            long* sizes = stackalloc long[count];
            Native.st_sizes(Handle, sizes);
            return sizes[at];
        }

        public long[] stride()
        {
            var strides = new long[Dimensions];
            fixed (long* p = strides) Native.Check(Native.st_strides(Handle, p));
            return strides;
        }

        public long stride(int dim)
        {
            long[] strides = stride();
            int at = dim < 0 ? dim + strides.Length : dim;
            return at < 0 || at >= strides.Length ? Aten.size_int.CallInt(this, dim) : strides[at];
        }

        public bool is_nonzero()
        {
            if (numel() != 1) throw new InvalidOperationException("is_nonzero() called on non-singleton tensor");
            return Aten.is_nonzero.CallBool(this);
        }

        /// <exception cref="ArgumentException">The element type is not <typeparamref name="T"/>.</exception>
        public Utils.TensorAccessor<T> data<T>() where T : unmanaged
        {
            ValidateType(typeof(T));
            return new Utils.TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        /// <exception cref="ArgumentException">There is not exactly one element, or it is no <typeparamref name="T"/>.</exception>
        public T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1) throw new ArgumentException("Number of elements in the tensor must be 1");
            ValidateType(typeof(T));
            // Through LibTorch, as the package does it: whoever watches its operators sees who looks at a number.
            if (typeof(T) == typeof(float)) return As((float)Aten.item.CallDouble(this));
            if (typeof(T) == typeof(double)) return As(Aten.item.CallDouble(this));
            if (typeof(T) == typeof(Half)) return As((Half)Aten.item.CallDouble(this));
            if (typeof(T) == typeof(bool)) return As(Aten.item.CallBool(this));
            if (typeof(T) == typeof(long)) return As(Aten.item.CallInt(this));
            if (typeof(T) == typeof(int)) return As((int)Aten.item.CallInt(this));
            if (typeof(T) == typeof(short)) return As((short)Aten.item.CallInt(this));
            if (typeof(T) == typeof(sbyte)) return As((sbyte)Aten.item.CallInt(this));
            if (typeof(T) == typeof(byte)) return As((byte)Aten.item.CallInt(this));
            Tensor here = device_type == DeviceType.CPU ? this : cpu();
            T value = *(T*)here.DataPointer;
            if (!ReferenceEquals(here, this)) here.Dispose();
            GC.KeepAlive(this);
            return value;

            static T As<TNumber>(TNumber number) => Unsafe.As<TNumber, T>(ref number);
        }

        public Scalar ToScalar()
        {
            if (dtype == ScalarType.Bool) return Scalar.Of(Aten.item.CallBool(this));
            if (is_integral()) return Scalar.Of(Aten.item.CallInt(this));
            return Scalar.Of(Aten.item.CallDouble(this));
        }

        /// <summary>The elements of a contiguous CPU tensor, in place: valid only while the tensor lives.</summary>
        public Span<byte> bytes
        {
            get
            {
                long size = NumberOfElements * ElementSize;
                ValidateBytes(size);
                return new Span<byte>((void*)DataPointer, (int)size);
            }
            set
            {
                long size = NumberOfElements * ElementSize;
                if (!is_contiguous()) throw new InvalidOperationException("SetBytes() called on non-contiguous tensor.");
                if (size != value.Length) throw new ArgumentException("Mismatched data sizes in SetBytes().");
                value.CopyTo(new Span<byte>((void*)DataPointer, value.Length));
                GC.KeepAlive(this);
            }
        }

        public void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            ValidateBytes(0);
            byte* at = (byte*)DataPointer;
            for (long left = NumberOfElements * ElementSize; left > 0;)
            {
                int count = (int)Math.Min(left, Math.Max(bufferSize, 1 << 16));
                stream.Write(new ReadOnlySpan<byte>(at, count));
                at += count;
                left -= count;
            }
            GC.KeepAlive(this);
        }

        public void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            ValidateBytes(0);
            byte* at = (byte*)DataPointer;
            for (long left = NumberOfElements * ElementSize; left > 0;)
            {
                int count = (int)Math.Min(left, Math.Max(bufferSize, 1 << 16));
                stream.ReadExactly(new Span<byte>(at, count));
                at += count;
                left -= count;
            }
            GC.KeepAlive(this);
        }

        public double ReadCpuDouble(long i) => ReadCpuValue<double>(i);
        public float ReadCpuSingle(long i) => ReadCpuValue<float>(i);
        public int ReadCpuInt32(long i) => ReadCpuValue<int>(i);
        public long ReadCpuInt64(long i) => ReadCpuValue<long>(i);
        public short ReadCpuInt16(long i) => ReadCpuValue<short>(i);
        public byte ReadCpuByte(long i) => ReadCpuValue<byte>(i);
        public sbyte ReadCpuSByte(long i) => ReadCpuValue<sbyte>(i);
        public bool ReadCpuBool(long i) => ReadCpuValue<bool>(i);
        public T ReadCpuValue<T>(long i) where T : unmanaged => Utils.TensorAccessor<T>.ReadItemAt(this, i);

        /// <summary>Shape, type and device: "[2x3], type = Float32, device = cpu".</summary>
        public override string ToString() => IsInvalid ? "" : $"[{string.Join('x', shape)}], type = {dtype}, device = {device}";

        internal nint DataPointer => (nint)Native.Check(Native.st_data(Handle));

        internal void ValidateType(Type type)
        {
            Type own = dtype switch
            {
                ScalarType.Byte => typeof(byte),
                ScalarType.Int8 => typeof(sbyte),
                ScalarType.Int16 => typeof(short),
                ScalarType.Int32 => typeof(int),
                ScalarType.Int64 => typeof(long),
                ScalarType.Bool => typeof(bool),
                ScalarType.Float16 => typeof(Half),
                ScalarType.Float32 => typeof(float),
                ScalarType.Float64 => typeof(double),
                ScalarType.ComplexFloat32 => typeof((float, float)),
                ScalarType.ComplexFloat64 => typeof(Complex),
                _ => typeof(void),
            };
            if (type != own) throw new ArgumentException($"{type.Name} is not compatible with {dtype}");
        }

        private void ValidateBytes(long size)
        {
            if (!is_contiguous()) throw new InvalidOperationException("Bytes() called on non-contiguous tensor.");
            if (size > int.MaxValue) throw new ArgumentException("Span only supports up to int.MaxValue elements.");
            if (device_type != DeviceType.CPU)
                throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
        }
    }
}
