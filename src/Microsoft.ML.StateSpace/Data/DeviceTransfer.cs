using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Copies from the host's memory to a device.</summary>
internal static class DeviceTransfer
{
    /// <summary>Sends a tensor that was just made, and is not used otherwise, without waiting for the device.</summary>
    /// <remarks>From memory that the system may move, a copy to CUDA waits until all work before it is done; from pinned memory it takes its turn.</remarks>
    public static Tensor SendTo(this Tensor made, Device device, ScalarType? type = null) => device.type == DeviceType.CUDA
        ? made.pin_memory().to(device, non_blocking: true).to(type ?? made.dtype) : made.to(type ?? made.dtype, device);
}
