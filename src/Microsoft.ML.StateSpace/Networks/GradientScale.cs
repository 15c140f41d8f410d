using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>What the gradients of a step are multiplied by, so that their norm is at most so much; where the norm is on a device, without waiting for it.</summary>
internal sealed class GradientScale
{
    // As LibTorch's own clipping adds.
    private const double Least = 1e-6;

    private readonly double _factor;
    private readonly (Tensor Factor, Tensor? IsNotFinite)? _onDevice;

    /// <param name="most">The most that the norm may be.</param>
    /// <param name="norm">The norm of all gradients together.</param>
    public GradientScale(double most, double norm)
    {
        _factor = Math.Min(1, most / (norm + Least));
    }

    /// <summary>The same where nobody is to wait for the norm.</summary>
    /// <param name="most">The most that the norm may be.</param>
    /// <param name="norm">The norm, of no dimension.</param>
    /// <param name="isFinite">Whether gradients, and what they are of, are finite, of no dimension: those that are not become 0; null: they stay as they are.</param>
    public GradientScale(double most, Tensor norm, Tensor? isFinite)
    {
        _onDevice = ((most / (norm.to(ScalarType.Float64) + Least)).clamp_max(1).to(norm.dtype), isFinite?.bitwise_not());
    }

    /// <summary>The global norm of the parameters' gradients, of no dimension, on the device; 0 where there are none.</summary>
    public static Tensor Norm(IEnumerable<Parameter> parameters, Device device)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] gradients = [.. parameters.Select(p => p.grad).OfType<Tensor>()];
        if (gradients.Length == 0)
            return zeros([], ScalarType.Float32, device).MoveToOuterDisposeScope();
        // Elsewhere than on a CPU a call costs more than to copy them all.
        var norm = device.IsHost() ? WholeTensors.Norm(gradients) : linalg.vector_norm(cat([.. gradients.Select(g => g.reshape(-1))], 0));
        return norm.MoveToOuterDisposeScope();
    }

    /// <summary>The factor, and whether gradients are finite: where they are not, they count as 0. Waits for the device.</summary>
    public (float Factor, bool IsFinite) Read() => _onDevice is { } own ? (own.Factor.item<float>(), own.IsNotFinite?.item<bool>() != true) : ((float)_factor, true);

    /// <summary>Multiplies the gradients of some parameters.</summary>
    public void Apply(IEnumerable<Parameter> parameters)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        foreach (var gradient in parameters.Select(p => p.grad).OfType<Tensor>())
            Apply(gradient);
    }

    /// <summary>Multiplies a gradient, without waiting for the device.</summary>
    public void Apply(Tensor gradient)
    {
        if (_onDevice is { } own)
        {
            gradient.mul_(own.Factor);
            if (own.IsNotFinite is { } isNot)
                gradient.masked_fill_(isNot, 0);
        }
        else if (_factor < 1)
            gradient.mul_(_factor);
    }
}
