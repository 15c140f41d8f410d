using static TorchSharp.torch;

namespace TorchSharp.SelfTest;

internal sealed class CheckFailedException(string message) : Exception(message);

/// <summary>Checks of meaning, by name.</summary>
internal static class Checks
{
    internal static IEnumerable<(string Name, Action Check)> All =>
    [
        ("gradients agree with finite differences", GradientCheck.Run),
        .. ScopeChecks.All,
        .. ModuleChecks.All,
        .. ThreadChecks.All,
    ];

    internal static void That(bool holds, string what)
    {
        if (!holds) throw new CheckFailedException(what);
    }

    internal static void Near(Tensor actual, Tensor expected, double tolerance, string what)
    {
        double worst = (actual - expected).abs().max().to(ScalarType.Float64).item<double>();
        That(worst <= tolerance, $"{what}: off by {worst:g3}");
    }
}
