using System.Collections.Frozen;

namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>The table of synthetic systems, and the data sets drawn from them.</summary>
public static class SyntheticSystems
{
    /// <summary>The number of training sequences of a data set.</summary>
    public const int TrainingSequences = 5000;

    /// <summary>The number of validation, and of test, sequences of a data set.</summary>
    public const int HeldOutSequences = 500;

    /// <summary>The number of steps of a training or validation sequence.</summary>
    public const int TrainingSteps = 25;

    /// <summary>The number of steps of a test sequence.</summary>
    public const int TestSteps = 50;

    private static readonly FrozenDictionary<string, SyntheticSystem> Table = new[]
    {
        new SyntheticSystem("synthetic9", 1, Drift) { InitialVariance = 1, TransitionVariance = 10, ObservationVariance = 20 },
        new SyntheticSystem("synthetic10", 1, Sine) { InitialVariance = .01, TransitionVariance = 5, ObservationVariance = 5 },
        new SyntheticSystem("synthetic11", 2, Coupled) { InitialVariance = .01, TransitionVariance = 1, ObservationVariance = .1 },
    }.ToFrozenDictionary(system => system.Name);

    /// <summary>The names of the systems, in their order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Table.Keys.OrderBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal)];

    /// <summary>The system of that name.</summary>
    /// <exception cref="ArgumentException">No system has that name; the message lists those there are.</exception>
    public static SyntheticSystem Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Table.TryGetValue(name, out SyntheticSystem? system)
            ? system
            : throw new ArgumentException($"There is no synthetic system '{name}'; there are {string.Join(", ", Names)}.", nameof(name));
    }

    /// <summary>Draws a data set: training, validation and test sequences from one numpy stream.</summary>
    /// <param name="name">The system's name.</param>
    /// <param name="seed">The stream's seed; 1 draws the published data.</param>
    /// <exception cref="ArgumentException">No system has that name.</exception>
    public static SyntheticDataSet Generate(string name, uint seed = 1)
    {
        SyntheticSystem system = Get(name);
        var random = new NumpyLegacyRandom(seed);
        SyntheticSplit train = system.Draw(TrainingSequences, TrainingSteps, random);
        SyntheticSplit validation = system.Draw(HeldOutSequences, TrainingSteps, random);
        SyntheticSplit test = system.Draw(HeldOutSequences, TestSteps, random);
        return new SyntheticDataSet(train, validation, test);
    }

    private static void Drift(ReadOnlySpan<double> states, Span<double> means, int count)
    {
        for (int i = 0; i < count; i++)
        {
            means[i] = states[i] + 0.05;
        }
    }

    private static void Sine(ReadOnlySpan<double> states, Span<double> means, int count)
    {
        for (int i = 0; i < count; i++)
        {
            means[i] = 2.0 * Math.Sin(states[i]) + states[i];
        }
    }

    /// <summary>The two-dimensional system, with the published α = 0.5 and β = −0.1.</summary>
    private static void Coupled(ReadOnlySpan<double> states, Span<double> means, int count)
    {
        ReadOnlySpan<double> first = states[..count];
        ReadOnlySpan<double> second = states.Slice(count, count);
        Span<double> firstMean = means[..count];
        Span<double> secondMean = means.Slice(count, count);
        for (int i = 0; i < count; i++)
        {
            firstMean[i] = 0.2 * first[i] + Math.Tanh(0.5 * second[i]);
            secondMean[i] = 0.2 * second[i] + Math.Sin(-0.1 * first[i]);
        }
    }
}
