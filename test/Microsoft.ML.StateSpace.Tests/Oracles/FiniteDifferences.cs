using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>Compares automatic gradients in float64 with central differences.</summary>
internal static class FiniteDifferences
{
    private const double Step = 1e-6;

    /// <summary>Fails unless d f / d θ agrees for a sample of the entries of every parameter.</summary>
    /// <param name="parameters">In float64.</param>
    /// <param name="value">f as a scalar, deterministic.</param>
    /// <param name="perParameter">Entries tried of each parameter.</param>
    public static void AssertGradients(IEnumerable<(string Name, Parameter Value)> parameters, Func<Tensor> value, int perParameter = 4)
    {
        var trained = parameters.Where(p => p.Value.requires_grad).ToList();
        Assert.AreNotEqual(0, trained.Count);
        foreach (var (_, parameter) in trained)
            parameter.grad = null;
        using (NewDisposeScope())
            value().backward();
        var random = new Random(17);
        foreach (var (name, parameter) in trained)
        {
            Assert.AreEqual(ScalarType.Float64, parameter.dtype);
            Assert.IsNotNull(parameter.grad, $"{name} has no gradient");
            double[] gradient = parameter.grad.reshape(-1).data<double>().ToArray();
            for (int k = 0; k < Math.Min(perParameter, gradient.Length); k++)
            {
                int entry = random.Next(gradient.Length);
                double below = At(parameter, entry, -Step, value), here = At(parameter, entry, 0, value), above = At(parameter, entry, Step, value);
                // A kink of a rectifier within the step spoils one side only.
                double numeric = new[] { (above - below) / 2, above - here, here - below }.Select(rise => rise / Step).MinBy(slope => Math.Abs(slope - gradient[entry]));
                // Of a large value the last bits alone make as much of a difference.
                double rounding = 1e-15 * Math.Abs(here) / Step;
                Assert.AreEqual(numeric, gradient[entry], 1e-5 * Math.Max(1, Math.Abs(numeric)) + rounding, $"{name}[{entry}] of {here}");
            }
        }
    }

    private static double At(Parameter parameter, int entry, double shift, Func<Tensor> value)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var flat = parameter.view(-1);
        double before = flat[entry].item<double>();
        flat[entry] = tensor(before + shift);
        double result = value().item<double>();
        flat[entry] = tensor(before);
        return result;
    }
}
