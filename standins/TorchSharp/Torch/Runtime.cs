using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    public enum RoundingMode
    {
        None = 0,
        trunc = 1,
        floor = 2,
    }

    public static string __version__ => Marshal.PtrToStringUTF8(Native.st_version())!;

    public static DisposeScope NewDisposeScope() => DisposeScopeManager.ThreadSingleton.NewDisposeScope();

    public static DisposeScope? CurrentDisposeScope => DisposeScopeManager.ThreadSingleton.CurrentDisposeScope;

    /// <summary>Runs an expression in a scope of its own; only its result stays.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using DisposeScope scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }

    public static int get_num_threads() => (int)Native.st_threads();
    public static void set_num_threads(int num) => Native.st_set_threads(num);
    public static int get_num_interop_threads() => (int)Native.st_interop_threads();
    public static void set_num_interop_threads(int num) => Native.Check(Native.st_set_interop_threads(num));

    public static bool cuda_is_available() => cuda.is_available();
    public static bool is_tensor(object obj) => obj is Tensor;
    public static long numel(Tensor input) => input.numel();

    public static class cuda
    {
        public static bool is_available() => Native.st_cuda_device_count() > 0;

        public static int device_count() => (int)Native.st_cuda_device_count();

        /// <summary>Seeds the generators of every GPU.</summary>
        public static void manual_seed_all(long seed) => Native.Check(Native.st_cuda_seed_all((ulong)seed));

        public static void manual_seed(long seed) => manual_seed_all(seed);

        public static void synchronize(Device? device = null) => Native.Check(Native.st_cuda_synchronize(device?.index ?? -1));
    }

    public static class backends
    {
        public static class cuda
        {
            public static class matmul
            {
                /// <summary>Whether products of float32 matrices may use TF32 on a GPU.</summary>
                public static bool allow_tf32
                {
                    get => Native.st_allow_tf32(0) != 0;
                    set => Native.Check(Native.st_set_allow_tf32(0, value ? 1 : 0));
                }
            }
        }

        public static class cudnn
        {
            public static bool allow_tf32
            {
                get => Native.st_allow_tf32(1) != 0;
                set => Native.Check(Native.st_set_allow_tf32(1, value ? 1 : 0));
            }
        }
    }
}
