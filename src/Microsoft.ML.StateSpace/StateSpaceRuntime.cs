using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.StateSpace;

/// <summary>Process-wide settings that make LibTorch fast on the CPU; the <c>statespace</c> command makes them by itself.</summary>
public static partial class StateSpaceRuntime
{
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;
    private const int TopPad = -2;

    /// <summary>Applies the settings. Call it before the first tensor: LibTorch reads them when it loads.</summary>
    /// <remarks>On Linux: one BLAS thread (small matrix products lose on two), the AVX-512 kernels of OpenBLAS and ATen on the AMD
    /// processors that have them and are not recognised, and a malloc that keeps freed memory (returning it to the system
    /// doubles training time). Variables that the user has set are left alone. Elsewhere it does nothing.</remarks>
    public static void Tune()
    {
        if (!OperatingSystem.IsLinux())
            return;
        SetIfUnset("OPENBLAS_NUM_THREADS", "1");
        SetIfUnset("OMP_NUM_THREADS", "1");
        if (IsAmd() && Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported)
        {
            SetIfUnset("OPENBLAS_CORETYPE", "SkylakeX");
            SetIfUnset("ATEN_CPU_CAPABILITY", "avx512");
        }
        if (!IsMusl())
        {
            MallOpt(TrimThreshold, 1 << 30);
            MallOpt(MmapThreshold, 1 << 30);
            MallOpt(TopPad, 64 << 20);
        }
    }

    // Intel's are recognised by name and get kernels of their own, which are faster.
    private static bool IsAmd() => X86Base.IsSupported && X86Base.CpuId(0, 0) is { Ebx: 0x68747541, Edx: 0x69746E65, Ecx: 0x444D4163 };

    // Environment.SetEnvironmentVariable does not reach native getenv on Linux.
    private static void SetIfUnset(string name, string value)
    {
        if (Environment.GetEnvironmentVariable(name) is not null)
            return;
        _ = SetEnv(name, value, 0);
        Environment.SetEnvironmentVariable(name, value);
    }

    private static bool IsMusl() => RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);
}
