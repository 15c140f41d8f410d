using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                CheckType(dtype);
                if (device.type != DeviceType.CUDA) device = new Device(device.type);
                CheckDevice(device.type);
                _toEpilog(dtype, device, non_blocking);
                return this;
            }

            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                if (deviceType != DeviceType.CUDA) deviceIndex = -1;
                CheckDevice(deviceType);
                if (deviceType != _deviceType || deviceIndex != _deviceIndex) _toEpilog(null, new Device(deviceType, deviceIndex), non_blocking);
                return this;
            }

            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                CheckType(dtype);
                _toEpilog(dtype, null, non_blocking);
                return this;
            }

            public Module _to(Tensor other, bool non_blocking)
            {
                _to(other.dtype, non_blocking);
                return _to(other.device_type, other.device_index, non_blocking);
            }

            protected void _toEpilog(ScalarType dtype, bool non_blocking) => _toEpilog(dtype, null, non_blocking);

            protected void _toEpilog(Device device, ScalarType dtype, bool non_blocking) => _toEpilog(dtype, device, non_blocking);

            protected void _toEpilog(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
                _toEpilog(null, new Device(deviceType, deviceIndex), non_blocking);

            /// <summary>Replaces every parameter and buffer that has to move, in the registry and in the property or field of its name.</summary>
            protected virtual void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
            {
                foreach ((_, Module child) in named_children())
                {
                    if (device is null) child._to(dtype!.Value, non_blocking);
                    else if (dtype is null) child._to(device.type, device.index, non_blocking);
                    else child._to(device, dtype.Value, non_blocking);
                }
                foreach ((string key, Parameter parameter) in named_parameters(false).ToList())
                    if (ReplaceParameter(dtype, device, parameter, out Parameter? moved) && !SetProperty(key, moved))
                    {
                        parameter.Dispose();
                        ConditionallyRegisterParameter(key, moved);
                        SetField(key, moved);
                    }
                foreach ((string key, Tensor buffer) in named_buffers(false).ToList())
                    if (ReplaceBuffer(dtype, device, buffer, out Tensor? moved) && !SetProperty(key, moved))
                    {
                        ConditionallyRegisterBuffer(key, moved);
                        SetField(key, moved);
                    }
                if (device is null) return;
                _deviceType = device.type;
                _deviceIndex = device.index;
            }

            protected static bool ReplaceBuffer(ScalarType? dtype, Device? device, Tensor buffer, [NotNullWhen(true)] out Tensor? result)
            {
                result = null;
                if (!Moves(buffer, dtype ?? buffer.dtype, device ?? buffer.device)) return false;
                ScalarType type = dtype is { } wanted && (buffer.is_floating_point() || buffer.is_complex()) ? wanted : buffer.dtype;
                result = buffer.to(type, device ?? buffer.device, disposeAfter: true).DetachFromDisposeScope();
                return true;
            }

            protected static bool ReplaceParameter(ScalarType? dtype, Device? device, Parameter param, [NotNullWhen(true)] out Parameter? p)
            {
                p = null;
                using Tensor? grad = param.grad;
                ScalarType type = dtype ?? param.dtype;
                Device place = device ?? param.device;
                if (!Moves(param, type, place) && (grad is null || !Moves(grad, type, place))) return false;
                if (!param.is_floating_point() && !param.is_complex()) type = param.dtype;
                using IDisposable untracked = no_grad();
                p = new Parameter(param.to(type, place), param.requires_grad);
                p.DetachFromDisposeScope();
                if (grad is not null)
                {
                    using Tensor moved = grad.to(type, place).with_requires_grad(grad.requires_grad);
                    p.grad = moved;
                }
                return true;
            }

            protected static (Device device, ScalarType dtype) GetDefaultDeviceAndType(Device? device = null, ScalarType? dtype = null) =>
                (device ?? get_default_device(), dtype ?? get_default_dtype());

            internal T MoveModule<T>(Device? device, ScalarType? dtype) where T : Module
            {
                (Device place, ScalarType type) = GetDefaultDeviceAndType(device, dtype);
                return (T)_to(place, type, false);
            }

            private static bool Moves(Tensor tensor, ScalarType dtype, Device device) =>
                tensor.dtype != dtype || tensor.device_type != device.type || (device.index >= 0 && tensor.device_index != device.index);

            private bool SetProperty(string key, Tensor value)
            {
                PropertyInfo? property = GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).FirstOrDefault(p => p.Name == key && p.CanWrite);
                property?.SetValue(this, value);
                return property is not null;
            }

            private void SetField(string key, Tensor value) => Fields(GetType()).FirstOrDefault(f => ComponentName(f) == key)?.SetValue(this, value);

            private static void CheckType(ScalarType dtype)
            {
                if (!is_floating_point(dtype) && !is_complex(dtype))
                    throw new ArgumentException($"nn.Module.to only accepts floating point or complex types, but got desired dtype={dtype}");
            }

            private static void CheckDevice(DeviceType type)
            {
                if (type == DeviceType.CUDA && !cuda.is_available()) throw new InvalidOperationException("CUDA is not available.");
                InitializeDeviceType(type);
            }
        }
    }
}
