namespace TorchSharp;

/// <summary>Sets whether this thread records gradients, until disposed.</summary>
internal sealed class GradMode : IDisposable
{
    private readonly int before = (int)Native.st_grad_mode();

    internal GradMode(bool enabled) => Native.st_set_grad_mode(enabled ? 1 : 0);

    public void Dispose() => Native.st_set_grad_mode(before);
}

/// <summary>LibTorch's inference mode on this thread, until disposed.</summary>
internal sealed class InferenceMode(bool mode) : IDisposable
{
    private nint guard = (nint)Native.Check(Native.st_enter_inference_mode(mode ? 1 : 0));

    public void Dispose()
    {
        if (guard == 0) return;
        Native.st_leave_inference_mode(guard);
        guard = 0;
    }
}

public static partial class torch
{
    public static IDisposable no_grad() => new GradMode(false);
    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);
    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);
    public static bool is_grad_enabled() => Native.st_grad_mode() != 0;
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);
    public static bool is_inference_mode_enabled() => Native.st_inference_mode() != 0;
}
