using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.StateSpace;

/// <summary>Who decided a setting of the process.</summary>
public enum SettingOrigin
{
    /// <summary>Nobody: it is the library's own default.</summary>
    Default,
    /// <summary>The environment that the process was started in.</summary>
    Environment,
    /// <summary><see cref="StateSpaceRuntime.Tune"/>.</summary>
    Tuned,
}

/// <summary>A setting that decides how fast LibTorch is.</summary>
/// <param name="Name">An environment variable, or a parameter of <c>mallopt</c>.</param>
/// <param name="Value">What it is; null: not set.</param>
/// <param name="Origin">Who decided.</param>
/// <param name="Reason">What it is for.</param>
public sealed record RuntimeSetting(string Name, string? Value, SettingOrigin Origin, string Reason);

/// <summary>Process-wide settings that make LibTorch fast on the CPU; the <c>statespace</c> command makes them by itself.</summary>
public static partial class StateSpaceRuntime
{
    private static readonly Lock s_lock = new();
    private static readonly Dictionary<string, string> s_tuned = [];

    // name, value that Tune gives, reason
    private static readonly (string Name, Func<string?> Value, string Reason)[] s_variables =
    [
        ("OPENBLAS_NUM_THREADS", () => "1", "products of a time step are too small to share"),
        ("OMP_NUM_THREADS", () => "1", "the same for elementwise operations"),
        ("OPENBLAS_CORETYPE", () => HasAvx512 ? "SkylakeX" : HasAvx2 ? "Haswell" : null,
            "the processor's vectors in matrix products: where OpenBLAS does not know a processor, it takes kernels five times slower"),
        ("MKL_CBWR", () => HasAvx512 ? "AVX512,STRICT" : HasAvx2 ? "AVX2,STRICT" : "COMPATIBLE", "the same bits in every run, wherever in memory a matrix lies (MKL)"),
        ("ATEN_CPU_CAPABILITY", () => HasAvx512 ? "avx512" : null, "the same in elementwise operations, where ATen by itself stays at AVX2"),
    ];

    private static readonly (string Name, int Parameter, int Value, string Reason)[] s_malloc =
    [
        ("M_TRIM_THRESHOLD", -1, 1 << 30, "freed memory is kept: giving it back to the system doubles the time of training"),
        ("M_MMAP_THRESHOLD", -3, 1 << 30, "large tensors come from kept memory too"),
        ("M_TOP_PAD", -2, 64 << 20, "memory is asked for in large pieces"),
    ];

    /// <summary>Applies the settings that are found to matter on this processor. Call it before the first tensor: LibTorch reads them when it loads.</summary>
    /// <remarks>On Linux: one BLAS thread (small matrix products lose on two), the kernels of OpenBLAS and ATen for the vectors that the
    /// processor has, and a malloc that keeps freed memory. Variables that the user has set are left alone. Elsewhere it does nothing.</remarks>
    public static void Tune()
    {
        if (!OperatingSystem.IsLinux())
            return;
        lock (s_lock)
        {
            foreach (var (name, value, _) in s_variables)
                if (value() is { } wanted && Environment.GetEnvironmentVariable(name) is null)
                    Set(name, wanted);
            if (IsMusl())
                return;
            foreach (var (name, parameter, value, _) in s_malloc)
                if (MallOpt(parameter, value) != 0)
                    s_tuned[name] = $"{value}";
        }
    }

    /// <summary>The settings as they are now, and who decided them.</summary>
    public static IReadOnlyList<RuntimeSetting> Settings
    {
        get
        {
            lock (s_lock)
                return
                [
                    .. s_variables.Select(v => new RuntimeSetting(v.Name, Environment.GetEnvironmentVariable(v.Name), OriginOf(v.Name), v.Reason)),
                    .. s_malloc.Select(m => new RuntimeSetting(m.Name, s_tuned.GetValueOrDefault(m.Name), OriginOf(m.Name), m.Reason)),
                ];
        }
    }

    private static SettingOrigin OriginOf(string name) => s_tuned.ContainsKey(name) ? SettingOrigin.Tuned
        : Environment.GetEnvironmentVariable(name) is null ? SettingOrigin.Default : SettingOrigin.Environment;

    // What the kernels for Skylake-X and ATen's of that name use.
    private static bool HasAvx512 => Avx512F.IsSupported && Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported;

    private static bool HasAvx2 => Avx2.IsSupported && Fma.IsSupported;

    // Environment.SetEnvironmentVariable does not reach native getenv on Linux.
    private static void Set(string name, string value)
    {
        _ = SetEnv(name, value, 0);
        Environment.SetEnvironmentVariable(name, value);
        s_tuned[name] = value;
    }

    private static bool IsMusl() => RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);
}
