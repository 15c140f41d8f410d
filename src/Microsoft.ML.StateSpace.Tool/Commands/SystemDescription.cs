using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Spectre.Console;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>What decides how fast this machine trains and scores: processor, LibTorch, and the settings of the process.</summary>
internal sealed record SystemDescription : IDescription
{
    public string Kind => "system";

    public required string Processor { get; init; }

    public required int Processors { get; init; }

    public required string Vectors { get; init; }

    public required string LibTorch { get; init; }

    /// <summary>The matrix kernels that OpenBLAS has chosen; null where LibTorch has another library.</summary>
    public required string? BlasKernels { get; init; }

    public required int Threads { get; init; }

    public required int CudaDevices { get; init; }

    public required IReadOnlyList<RuntimeSetting> Settings { get; init; }

    public static SystemDescription Of()
    {
        int threads = get_num_threads(); // loads LibTorch
        return new SystemDescription
        {
            Processor = ProcessorName(),
            Processors = Environment.ProcessorCount,
            Vectors = Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "NEON" : "none",
            LibTorch = __version__,
            BlasKernels = OpenBlasCore(),
            Threads = threads,
            CudaDevices = cuda.is_available() ? cuda.device_count() : 0,
            Settings = StateSpaceRuntime.Settings,
        };
    }

    public void Print(IAnsiConsole console)
    {
        console.WriteLine($"{Processor}, {Processors} processors, {Vectors}");
        console.WriteLine($"LibTorch {LibTorch}, {Threads} threads, {(BlasKernels is null ? "BLAS not known" : $"OpenBLAS for {BlasKernels}")}, CUDA devices: {CudaDevices}");
        var table = new Table().AddColumns("setting", "value", "by", "for");
        foreach (RuntimeSetting setting in Settings)
            table.AddRow([.. new[] { setting.Name, setting.Value ?? "-", $"{setting.Origin}".ToLowerInvariant(), setting.Reason }.Select(Markup.Escape)]);
        console.Write(table);
        console.WriteLine("A variable that is set in the environment is left as it is.");
    }

    private static string ProcessorName()
    {
        const string Table = "/proc/cpuinfo";
        string? line = File.Exists(Table) ? File.ReadLines(Table).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':') + 1)..].Trim() ?? $"{RuntimeInformation.ProcessArchitecture}";
    }

    // The library is asked only where LibTorch has loaded it.
    private static string? OpenBlasCore()
    {
        const string Maps = "/proc/self/maps";
        if (!File.Exists(Maps) || File.ReadLines(Maps).FirstOrDefault(l => l.Contains("/libopenblas", StringComparison.Ordinal)) is not { } line)
            return null;
        return NativeLibrary.TryLoad(line[line.IndexOf('/')..], out nint library) && NativeLibrary.TryGetExport(library, "openblas_get_corename", out nint name)
            ? Marshal.PtrToStringUTF8(Marshal.GetDelegateForFunctionPointer<CoreName>(name)()) : null;
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint CoreName();
}
