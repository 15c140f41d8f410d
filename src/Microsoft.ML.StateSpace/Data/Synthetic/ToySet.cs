namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>
/// The set that the reference programs of the deep Markov model are tried on: z_1 ~ N(0, I_3), z_t = z_{t-1} W without noise,
/// x_t ~ N(z_t, 16 I), with W of 0.1·N(0, 1); 10000, 1000 and 1000 sequences of 10 steps in a random order.
/// </summary>
/// <remarks>One numpy stream draws all first latents, then W, then the noise, then the order. Its published seed is 0.</remarks>
internal static class ToySet
{
    public const string Name = "dmm-toy";
    public const uint PublishedSeed = 0;
    private const int Size = 3;
    private const int Steps = 10;
    private const int Training = 10_000;
    private const int HeldOut = 1_000;
    private const int Sequences = Training + 2 * HeldOut;

    /// <summary>Draws the set of a seed, and with it the seed's W.</summary>
    public static SyntheticDataSet Draw(uint seed)
    {
        var random = new NumpyLegacyRandom(seed);
        var states = new double[Size * Sequences];
        for (int i = 0; i < states.Length; i++)
        {
            states[i % Size * Sequences + i / Size] = random.NextGaussian();
        }

        SyntheticSystem system = System(random);
        double[] latents = Follow(system, states);
        var observations = new double[latents.Length];
        double deviation = Math.Sqrt(system.ObservationVariance);
        for (int i = 0; i < latents.Length; i++)
        {
            observations[i] = latents[i] + deviation * random.NextGaussian();
        }

        var all = new SyntheticSplit(Sequences, Steps, Size, Size, latents, observations);
        ReadOnlySpan<int> order = random.NextPermutation(Sequences);
        return new SyntheticDataSet(
            system, all.Take(order[..Training]), all.Take(order.Slice(Training, HeldOut)), all.Take(order[(Training + HeldOut)..]));
    }

    private static SyntheticSystem System(NumpyLegacyRandom random)
    {
        var matrix = new double[Size, Size];
        for (int i = 0; i < matrix.Length; i++)
        {
            matrix[i / Size, i % Size] = 0.1 * random.NextGaussian();
        }

        return new SyntheticSystem(Name, new LinearMap(matrix, new double[Size]), LinearMap.Diagonal(Size, 1))
        {
            InitialVariance = 1,
            TransitionVariance = 0,
            ObservationVariance = 16,
        };
    }

    private static double[] Follow(SyntheticSystem system, double[] states)
    {
        var latents = new double[Sequences * Steps * Size];
        var next = new double[states.Length];
        for (int t = 0; t < Steps; t++)
        {
            for (int i = 0; i < states.Length; i++)
            {
                latents[(i % Sequences * Steps + t) * Size + i / Sequences] = states[i];
            }

            system.Transition(states, next, Sequences);
            (states, next) = (next, states);
        }

        return latents;
    }
}
