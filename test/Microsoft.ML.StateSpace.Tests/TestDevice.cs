using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests;

/// <summary>The device that contracts hold on beside the CPU: what STATESPACE_TEST_DEVICE names (cuda, cuda:1), or the CPU in its place.</summary>
internal static class TestDevice
{
    /// <summary>Its name, as in the trainer's options.</summary>
    public static string Name { get; } = Environment.GetEnvironmentVariable("STATESPACE_TEST_DEVICE") is { Length: > 0 } name ? name : "cpu";

    /// <summary>The device.</summary>
    public static Device Device => device(Name);

    /// <summary>A context whose models are loaded onto it.</summary>
    public static MLContext Context(int seed) => new(seed) { GpuDeviceId = Device.type == DeviceType.CPU ? null : Math.Max(0, Device.index) };
}
