using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>What a device did while some work ran, as LibTorch's profiler saw it.</summary>
/// <param name="Kernels">Kernels that ran.</param>
/// <param name="BusySeconds">Seconds in which they did.</param>
/// <param name="SpanSeconds">From the first one's start to the last one's end.</param>
/// <param name="Launches">Calls that launched one.</param>
/// <param name="Waits">Calls for which the host waits, by name.</param>
/// <param name="Copies">Copies by direction.</param>
/// <param name="Most">The kernels that ran most often: name, how often, seconds.</param>
internal sealed record DeviceTrace(int Kernels, double BusySeconds, double SpanSeconds, int Launches,
    IReadOnlyDictionary<string, int> Waits, IReadOnlyDictionary<string, int> Copies, IReadOnlyList<KernelUse> Most)
{
    private const string Library = "device_probe";
    private const int Shown = 24;

    private static readonly string s_path = Path.Combine(AppContext.BaseDirectory, "libdevice_probe.so");

    static DeviceTrace() => NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(),
        (name, _, _) => name == Library ? NativeLibrary.Load(s_path) : 0);

    /// <summary>Whether the probe has been built: see device.sh.</summary>
    public static bool IsThere => File.Exists(s_path);

    /// <summary>Where traces are kept as files; null: nowhere.</summary>
    public static string? Folder { get; set; }

    /// <summary>Traces <paramref name="work"/>, which has waited for the device when it returns; null: there is no probe.</summary>
    public static DeviceTrace? Of(string name, Action work)
    {
        if (!Begin())
            return null;
        work();
        return End(name);
    }

    /// <summary>Begins a trace; false: there is no probe.</summary>
    public static bool Begin() => IsThere && probe_start() == 0;

    /// <summary>Ends it, where the device has been waited for; null where it could not be written.</summary>
    public static DeviceTrace? End(string name)
    {
        string path = Folder is null ? Path.GetTempFileName() : Path.Combine(Folder, $"{name}.json");
        try
        {
            return probe_stop(path) == 0 ? Read(path) : null;
        }
        finally
        {
            if (Folder is null)
                File.Delete(path);
        }
    }

    /// <summary>How often some work, anywhere in the process, asks a device for a number, or calls what has to wait for one.</summary>
    public static int Reads(Action work)
    {
        probe_count_reads();
        work();
        return probe_reads();
    }

    /// <summary>A line of it.</summary>
    /// <param name="steps">Time steps that the work went through.</param>
    public string Line(long steps) => $"{Kernels} kernels, {(double)Kernels / steps:f1} a time step, {Launches} launches; busy {100 * BusySeconds / Math.Max(1e-12, SpanSeconds):f0}% of "
        + $"{SpanSeconds:f4} s; waits: {List(Waits)}; copies: {List(Copies)}";

    private static DeviceTrace Read(string path)
    {
        using var stream = File.OpenRead(path);
        using var json = JsonDocument.Parse(stream);
        double busy = 0, first = double.MaxValue, last = 0;
        int launches = 0;
        var kernels = new Dictionary<string, KernelUse>();
        Dictionary<string, int> waits = [], copies = [];
        foreach (var traced in json.RootElement.GetProperty("traceEvents").EnumerateArray())
        {
            if (!traced.TryGetProperty("cat", out var category))
                continue;
            string name = traced.GetProperty("name").GetString()!;
            switch (category.GetString())
            {
                case "kernel":
                    double start = traced.GetProperty("ts").GetDouble(), took = traced.GetProperty("dur").GetDouble();
                    (busy, first, last) = (busy + took, Math.Min(first, start), Math.Max(last, start + took));
                    var use = kernels.GetValueOrDefault(name) ?? new KernelUse(name, 0, 0);
                    kernels[name] = use with { Count = use.Count + 1, Seconds = use.Seconds + took / 1e6 };
                    break;
                case "gpu_memcpy":
                    copies[name] = copies.GetValueOrDefault(name) + 1;
                    break;
                case "cuda_runtime" or "cuda_driver":
                    if (name.Contains("Launch", StringComparison.Ordinal))
                        launches++;
                    else if (name.Contains("Synchronize", StringComparison.Ordinal) || name is "cudaMalloc" or "cudaFree" or "cudaHostAlloc" or "cudaMemcpy")
                        waits[name] = waits.GetValueOrDefault(name) + 1;
                    break;
            }
        }
        int count = kernels.Values.Sum(k => k.Count);
        return new DeviceTrace(count, busy / 1e6, count == 0 ? 0 : (last - first) / 1e6, launches, waits, copies,
            [.. kernels.Values.OrderByDescending(k => k.Count).Take(Shown)]);
    }

    private static string List(IReadOnlyDictionary<string, int> counts) => counts.Count == 0 ? "none" : string.Join(", ", counts.Select(c => $"{c.Key} {c.Value}"));

    [DllImport(Library)]
    private static extern void probe_count_reads();

    [DllImport(Library)]
    private static extern int probe_reads();

    [DllImport(Library)]
    private static extern int probe_start();

    [DllImport(Library)]
    private static extern int probe_stop([MarshalAs(UnmanagedType.LPUTF8Str)] string path);
}

/// <summary>How often a kernel ran, and for how long.</summary>
internal sealed record KernelUse(string Name, int Count, double Seconds);
