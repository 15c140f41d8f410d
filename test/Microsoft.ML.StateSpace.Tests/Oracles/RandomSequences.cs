using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>Ragged random sequences, some of their values missing.</summary>
internal static class RandomSequences
{
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
