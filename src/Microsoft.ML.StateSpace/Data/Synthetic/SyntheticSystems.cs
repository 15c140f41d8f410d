using System.Collections.Frozen;

namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>The table of synthetic systems, and the data sets drawn from them.</summary>
/// <remarks>
/// <para><c>synthetic9</c> to <c>synthetic11</c> are scalar or two-dimensional. <c>synthetic12</c> to <c>14</c> are linear with
/// 10, 100 and 250 latents and twice as many observations; <c>15</c> to <c>17</c> observe as many as there are latents, and so
/// do <c>18</c> to <c>20</c>, whose matrices are diagonal. <c>dmm-toy</c> is <see cref="ToySet"/>.</para>
/// </remarks>
public static class SyntheticSystems
{
    /// <summary>The number of training sequences of <c>synthetic9</c> to <c>11</c>.</summary>
    public const int TrainingSequences = 5000;

    /// <summary>The number of validation, and of test, sequences of a data set.</summary>
    public const int HeldOutSequences = 500;

    /// <summary>The number of steps of a training or validation sequence.</summary>
    public const int TrainingSteps = 25;

    /// <summary>The number of steps of a test sequence of <c>synthetic9</c> to <c>11</c>.</summary>
    public const int TestSteps = 50;

    private const int LargeTrainingSequences = 1000;
    private const uint PublishedSeed = 1;

    private static readonly FrozenDictionary<string, Lazy<SyntheticSystem>> Table = Rows().ToFrozenDictionary(row => row.Name, row => new Lazy<SyntheticSystem>(row.Make));

    /// <summary>The names of the systems, in their order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Rows().Select(row => row.Name)];

    /// <summary>The system of that name.</summary>
    /// <exception cref="ArgumentException">No system has that name; the message lists those there are.</exception>
    public static SyntheticSystem Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Table.TryGetValue(name, out Lazy<SyntheticSystem>? system)
            ? system.Value
            : throw new ArgumentException($"There is no synthetic system '{name}'; there are {string.Join(", ", Names)}.", nameof(name));
    }

    /// <summary>Draws a data set: training, validation and test sequences from one numpy stream.</summary>
    /// <param name="name">The system's name.</param>
    /// <param name="seed">The stream's seed; null draws the published data (0 for <c>dmm-toy</c>, 1 for the others).</param>
    /// <exception cref="ArgumentException">No system has that name.</exception>
    public static SyntheticDataSet Generate(string name, uint? seed = null)
    {
        SyntheticSystem system = Get(name);
        if (name == ToySet.Name)
        {
            return ToySet.Draw(seed ?? ToySet.PublishedSeed);
        }

        bool isLarge = LargeLinearSystems.Names.Contains(name);
        var random = new NumpyLegacyRandom(seed ?? PublishedSeed);
        SyntheticSplit train = system.Draw(isLarge ? LargeTrainingSequences : TrainingSequences, TrainingSteps, random);
        SyntheticSplit validation = system.Draw(HeldOutSequences, TrainingSteps, random);
        SyntheticSplit test = system.Draw(HeldOutSequences, isLarge ? TrainingSteps : TestSteps, random);
        return new SyntheticDataSet(system, train, validation, test);
    }

    private static IEnumerable<(string Name, Func<SyntheticSystem> Make)> Rows() =>
    [
        ("synthetic9", () => new("synthetic9", LinearMap.Scale(1, 1, 0.05), LinearMap.Diagonal(1, 0.5)) { InitialVariance = 1, TransitionVariance = 10, ObservationVariance = 20 }),
        ("synthetic10", () => new("synthetic10", Sine, LinearMap.Diagonal(1, 0.5)) { InitialVariance = .01, TransitionVariance = 5, ObservationVariance = 5 }),
        ("synthetic11", () => new("synthetic11", Coupled, LinearMap.Diagonal(2, 0.5)) { InitialVariance = .01, TransitionVariance = 1, ObservationVariance = .1 }),
        .. LargeLinearSystems.Names.Select(name => (name, (Func<SyntheticSystem>)(() => LargeLinearSystems.Make(name)))),
        (ToySet.Name, () => ToySet.Draw(ToySet.PublishedSeed).System),
    ];

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
