using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Where tensors lie in the host's own memory: plain loops reach them, calls cost more than their arithmetic, and a look at a number waits for nothing.</summary>
internal static class HostMemory
{
    private static readonly AsyncLocal<bool> s_standsIn = new();
    private static volatile bool s_hasStoodIn;

    /// <summary>Whether tensors on a device are.</summary>
    public static bool IsHost(this Device device) => device.type == DeviceType.CPU && !StandsIn;

    /// <summary>Whether a tensor is.</summary>
    public static bool IsOnHost(this Tensor tensor) => tensor.device_type == DeviceType.CPU && !StandsIn;

    /// <summary>Has the CPU stand in for another device until the result is disposed: whatever is called meanwhile, and the threads it starts, goes the way it
    /// goes there.</summary>
    public static IDisposable StandIn()
    {
        var end = new End(s_standsIn.Value);
        s_hasStoodIn = s_standsIn.Value = true;
        return end;
    }

    // Nobody asks what flows with the call where nothing ever did.
    private static bool StandsIn => s_hasStoodIn && s_standsIn.Value;

    private sealed class End(bool before) : IDisposable
    {
        public void Dispose() => s_standsIn.Value = before;
    }
}
