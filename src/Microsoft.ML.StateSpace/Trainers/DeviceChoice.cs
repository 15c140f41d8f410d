using System.Text.RegularExpressions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Which device a model runs on.</summary>
internal static partial class DeviceChoice
{
    /// <summary>Whether a name is one that <see cref="Resolve"/> takes.</summary>
    public static bool IsKnown(string name) => Names().IsMatch(name);

    /// <summary>The device asked for by name; without a name, what the context says.</summary>
    /// <param name="name">"cpu", "cuda", "cuda:N", "auto" or null.</param>
    /// <param name="gpuDeviceId">The MLContext's GPU, or null.</param>
    /// <param name="fallbackToCpu">Whether the CPU will do when that GPU is not there.</param>
    /// <exception cref="InvalidOperationException">A GPU was asked for and is not there.</exception>
    public static Device Resolve(string? name, int? gpuDeviceId, bool fallbackToCpu)
    {
        if (name is null)
            return gpuDeviceId is not { } id ? CPU : Cuda(id, fallbackToCpu);
        if (name == "cpu")
            return CPU;
        if (name == "auto")
            return Cuda(gpuDeviceId ?? 0, fallbackToCpu: true);
        int colon = name.IndexOf(':');
        return Cuda(colon < 0 ? gpuDeviceId ?? 0 : int.Parse(name[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture), false);
    }

    private static Device Cuda(int id, bool fallbackToCpu)
    {
        int count = cuda.is_available() ? cuda.device_count() : 0;
        if (id < count)
            return device(DeviceType.CUDA, id);
        return fallbackToCpu ? CPU : throw new InvalidOperationException(
            $"GPU {id} was asked for, but {(count == 0 ? "no CUDA device is available" : $"there are only {count}")}; use device 'cpu' or 'auto'.");
    }

    [GeneratedRegex("^(cpu|auto|cuda(:[0-9]{1,3})?)$")]
    private static partial Regex Names();
}
