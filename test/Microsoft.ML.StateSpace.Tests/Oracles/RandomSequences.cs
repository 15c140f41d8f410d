using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>Ragged random sequences, some of their values missing.</summary>
internal static class RandomSequences
{
    /// <summary>Sequences drawn from a linear-Gaussian system.</summary>
    public static List<Sequence> Of(LinearGaussianSystem system, int count, int steps, double missing = 0, int seed = 5)
    {
        var random = new Random(seed);
        double[] Draw(double[] mean, double[,] covariance) => LinearAlgebra.Add(mean, LinearAlgebra.Multiply(LinearAlgebra.Cholesky(covariance), [.. mean.Select(_ => Normal(random))]));
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var values = new List<float>();
            double[] latent = [];
            for (int t = 0; t < steps; t++)
            {
                latent = t == 0 ? Draw(system.InitialMean, system.InitialCovariance)
                    : Draw(LinearAlgebra.Add(LinearAlgebra.Multiply(system.Transition, latent), system.TransitionOffset), system.TransitionCovariance);
                double[] x = Draw(LinearAlgebra.Add(LinearAlgebra.Multiply(system.Emission, latent), system.EmissionOffset), system.EmissionCovariance);
                values.AddRange(x.Select(v => random.NextDouble() < missing && t < steps - 1 ? float.NaN : (float)v));
            }
            return new Sequence(system.ObservationSize, values.ToArray(), id: $"drawn-{seed}-{i}");
        })];
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>Makes <paramref name="count"/> sequences of <paramref name="size"/> numbers per step, drawn by <paramref name="value"/>.</summary>
    public static List<Sequence> Make(int count, int size, int longest, double missing = 0, bool binary = false, int seed = 5,
        Func<Random, float>? value = null)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            int steps = i == 0 ? longest : random.Next(1, longest + 1);
            var values = new float[steps * size];
            for (int k = 0; k < values.Length; k++)
            {
                values[k] = value is not null ? value(random) : binary ? random.Next(2) : (float)(random.NextDouble() * 4 - 2);
                // The last step stays observed, so that the length is the number of steps.
                if (random.NextDouble() < missing && k < values.Length - size)
                    values[k] = float.NaN;
            }
            return new Sequence(size, values, id: $"sequence-{i}");
        })];
    }
}
