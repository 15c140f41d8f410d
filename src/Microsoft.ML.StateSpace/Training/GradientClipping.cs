using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Global norms of gradients, and the clipping to them, without waiting for the device.</summary>
internal static class GradientClipping
{
    // As LibTorch's own clipping adds.
    private const double Least = 1e-6;

    /// <summary>The norm of all gradients together, of no dimension, on the device; 0 where there are none.</summary>
    public static Tensor Norm(IEnumerable<Parameter> parameters, Device device)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] gradients = [.. parameters.Select(p => p.grad).OfType<Tensor>()];
        if (gradients.Length == 0)
            return zeros([], ScalarType.Float32, device).MoveToOuterDisposeScope();
        // Elsewhere than on a CPU a call costs more than to copy them all.
        var all = device.type == DeviceType.CPU ? stack([.. gradients.Select(g => linalg.vector_norm(g))], 0) : cat([.. gradients.Select(g => g.reshape(-1))], 0);
        return linalg.vector_norm(all).MoveToOuterDisposeScope();
    }

    /// <summary>Scales the gradients down to a norm, where theirs is above.</summary>
    public static void Clip(IEnumerable<Parameter> parameters, double most, double norm)
    {
        if (most / (norm + Least) is var factor && factor >= 1)
            return;
        using var guard = no_grad();
        foreach (var parameter in parameters)
            parameter.grad?.mul_(factor);
    }

    /// <summary>The same where the norm is on the device and not to be waited for; gradients that are not finite become 0.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="most">The norm.</param>
    /// <param name="norm">Theirs, of no dimension.</param>
    /// <param name="isFinite">Whether they, and what they are of, are finite, of no dimension.</param>
    public static void Clip(IEnumerable<Parameter> parameters, double most, Tensor norm, Tensor isFinite)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var factor = (most / (norm.to(ScalarType.Float64) + Least)).clamp_max(1).to(norm.dtype);
        var isNot = isFinite.bitwise_not();
        foreach (var gradient in parameters.Select(p => p.grad).OfType<Tensor>())
            gradient.mul_(factor).masked_fill_(isNot, 0);
    }
}
