using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Contracts;

/// <summary>Known functions that only the tests know: whoever reads a name has registered it.</summary>
internal static class TestFunctions
{
    /// <summary>rate · tanh(z) + shift.</summary>
    public static readonly string Damped = Registered("test-damped",
        new((z, s) => s["rate"] * z.tanh() + s["shift"]) { Scalars = ["rate", "shift"] });

    /// <summary>Four numbers from any latent: gain · Σz + (0, 1, 2, 3), variance exp(z_1 · width).</summary>
    public static readonly string Spread = Registered("test-spread",
        new((z, s) => s["gain"] * z.sum(-1, keepdim: true) + arange(4, dtype: z.dtype, device: z.device))
        {
            Variance = (z, s) => (z.narrow(-1, 0, 1) * s["width"]).exp().expand([.. z.shape[..^1], 4]),
            Scalars = ["gain", "width"],
            OutputSize = 4,
        });

    private static string Registered(string name, KnownFunction function)
    {
        KnownFunctions.Register(name, function);
        return name;
    }
}
