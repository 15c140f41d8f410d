using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

[StructLayout(LayoutKind.Sequential)]
internal struct NativeArgument
{
    public int Tag;
    public int Count;
    public long Bits;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NativeResult
{
    public long Value;
    public long Bytes;
}

/// <summary>The C functions of native/. A negative result means failure; see <see cref="Check"/>.</summary>
internal static unsafe partial class Native
{
    private const string Library = "standin_torch";

    [ModuleInitializer]
    internal static void Initialize() => NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library) return 0;
        string file = OperatingSystem.IsMacOS() ? "libstandin_torch.dylib" : "libstandin_torch.so";
        foreach (string? folder in (string?[])[Path.GetDirectoryName(assembly.Location), AppContext.BaseDirectory])
            if (!string.IsNullOrEmpty(folder) && File.Exists(Path.Combine(folder, file)))
                return NativeLibrary.Load(Path.Combine(folder, file));
        return NativeLibrary.Load(file, assembly, path);
    }

    internal static long Check(long result)
    {
        if (result < 0) Throw();
        return result;
    }

    internal static void Throw() => throw new ExternalException(Marshal.PtrToStringUTF8(st_error()));

    [DllImport(Library), SuppressGCTransition] internal static extern nint st_error();
    [DllImport(Library), SuppressGCTransition] internal static extern nint st_version();
    [DllImport(Library)] internal static extern void st_set_error(byte* message);

    [DllImport(Library)] internal static extern long st_bind(byte* name);
    [DllImport(Library)] internal static extern long st_fits(int id, int count);
    [DllImport(Library)] internal static extern long st_call(int id, NativeArgument* arguments, int count, NativeResult* results, int capacity);
    [DllImport(Library)] internal static extern void st_overflow(NativeResult* results);

    [DllImport(Library)] internal static extern void st_release(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern nint st_retain(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_dim(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_numel(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern void st_sizes(nint tensor, long* sizes);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_strides(nint tensor, long* strides);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_dtype(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_itemsize(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_device_type(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_device_index(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_storage_offset(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_is_contiguous(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_is_sparse(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_requires_grad(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_is_leaf(nint tensor);
    [DllImport(Library)] internal static extern long st_set_requires_grad(nint tensor, int value);
    [DllImport(Library)] internal static extern long st_retain_grad(nint tensor);
    [DllImport(Library)] internal static extern long st_grad(nint tensor, nint* grad);
    [DllImport(Library)] internal static extern long st_set_grad(nint tensor, nint grad);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_data(nint tensor);
    [DllImport(Library)] internal static extern long st_from_memory(void* data, long* sizes, int dimensions, int dtype, NativeResult* result);
    [DllImport(Library)]
    internal static extern long st_over_memory(void* data, long* sizes, int dimensions, int dtype,
        delegate* unmanaged[Cdecl]<long, void> done, nint context, NativeResult* result);

    [DllImport(Library)]
    internal static extern long st_backward(nint* tensors, int count, nint* grads, int gradCount, int retain, int create, nint* inputs, int inputCount);
    [DllImport(Library)]
    internal static extern long st_gradients(nint* outputs, int count, nint* inputs, int inputCount, nint* grads, int gradCount,
        int retain, int create, int allowUnused, NativeResult* results);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_grad_mode();
    [DllImport(Library), SuppressGCTransition] internal static extern void st_set_grad_mode(int enabled);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_inference_mode();
    [DllImport(Library)] internal static extern long st_enter_inference_mode(int enabled);
    [DllImport(Library)] internal static extern void st_leave_inference_mode(nint guard);
    [DllImport(Library)]
    internal static extern long st_attach_function(nint* inputs, int inputCount, nint* outputs, int outputCount, int* differentiable,
        delegate* unmanaged[Cdecl]<long, nint*, int, nint*, int, int> run, delegate* unmanaged[Cdecl]<long, void> forget, nint context);

    [DllImport(Library)] internal static extern long st_generator(int deviceType, int index, ulong seed);
    [DllImport(Library)] internal static extern long st_default_generator();
    [DllImport(Library)] internal static extern void st_release_generator(nint generator);
    [DllImport(Library)] internal static extern long st_generator_set_seed(nint generator, ulong seed);
    [DllImport(Library)] internal static extern long st_generator_current_seed(nint generator, ulong* seed);
    [DllImport(Library)] internal static extern long st_generator_new_seed(nint generator, ulong* seed);
    [DllImport(Library)] internal static extern long st_generator_state(nint generator, NativeResult* state);
    [DllImport(Library)] internal static extern long st_generator_set_state(nint generator, nint state);

    [DllImport(Library)] internal static extern long st_cuda_device_count();
    [DllImport(Library)] internal static extern long st_cuda_seed_all(ulong seed);
    [DllImport(Library)] internal static extern long st_cuda_synchronize(int index);
    [DllImport(Library)] internal static extern long st_allow_tf32(int which);
    [DllImport(Library)] internal static extern long st_set_allow_tf32(int which, int allowed);
    [DllImport(Library)] internal static extern void st_set_threads(int count);
    [DllImport(Library)] internal static extern long st_threads();
    [DllImport(Library)] internal static extern long st_set_interop_threads(int count);
    [DllImport(Library)] internal static extern long st_interop_threads();
    [DllImport(Library)] internal static extern long st_set_default_dtype(int dtype);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_default_dtype();
}
