namespace Microsoft.ML.StateSpace.Data.Synthetic;

/// <summary>
/// The linear systems <c>synthetic12</c> to <c>synthetic20</c> of the same paper: z_1 ~ N(0, 0.1 I), z_t ~ N(z_{t-1} W + b, 10 I),
/// x_t ~ N(z_t W_o, 20 I), with entries of 0.05·N(0, 1) drawn from numpy's stream of seed 0.
/// </summary>
/// <remarks>
/// The order of the draws is that of the published data: W of each size, then b of each size, then W_o of each size. The
/// diagonals of 18 to 20 continue the stream of the square systems: b, the diagonal of W, that of W_o, size by size.
/// </remarks>
internal static class LargeLinearSystems
{
    private const double Scale = 0.05;
    private static readonly int[] Sizes = [10, 100, 250];
    private static readonly string[] All = [.. Enumerable.Range(12, 9).Select(number => $"synthetic{number}")];
    private static readonly Lazy<Maps[]> Wide = new(() => DrawFull(new NumpyLegacyRandom(0), observedPerLatent: 2));
    private static readonly Lazy<(Maps[] Full, Maps[] Diagonal)> Square = new(DrawSquare);

    private readonly record struct Maps(double[,] Transition, double[] Offset, double[,] Emission);

    /// <summary>The names, in their order.</summary>
    public static IReadOnlyList<string> Names => All;

    /// <summary>The system of a name that is one of <see cref="Names"/>.</summary>
    public static SyntheticSystem Make(string name)
    {
        int index = Array.IndexOf(All, name);
        Maps maps = (index / 3) switch
        {
            0 => Wide.Value[index % 3],
            1 => Square.Value.Full[index % 3],
            _ => Square.Value.Diagonal[index % 3],
        };
        return new SyntheticSystem(name, new LinearMap(maps.Transition, maps.Offset), maps.Emission)
        {
            InitialVariance = 0.1,
            TransitionVariance = 10,
            ObservationVariance = 20,
        };
    }

    private static Maps[] DrawFull(NumpyLegacyRandom random, int observedPerLatent)
    {
        double[][,] transitions = [.. Sizes.Select(size => Matrix(random, size, size))];
        double[][] offsets = [.. Sizes.Select(size => Vector(random, size))];
        double[][,] emissions = [.. Sizes.Select(size => Matrix(random, size, observedPerLatent * size))];
        return [.. Sizes.Select((_, i) => new Maps(transitions[i], offsets[i], emissions[i]))];
    }

    private static (Maps[] Full, Maps[] Diagonal) DrawSquare()
    {
        var random = new NumpyLegacyRandom(0);
        Maps[] full = DrawFull(random, observedPerLatent: 1);
        return (full, [.. Sizes.Select(size => DrawDiagonal(random, size))]);
    }

    private static Maps DrawDiagonal(NumpyLegacyRandom random, int size)
    {
        double[] offset = Vector(random, size);
        double[] transition = Vector(random, size);
        double[] emission = Vector(random, size);
        return new Maps(OnDiagonal(transition), offset, OnDiagonal(emission));
    }

    private static double[] Vector(NumpyLegacyRandom random, int size)
    {
        var vector = new double[size];
        for (int i = 0; i < size; i++)
        {
            vector[i] = Scale * random.NextGaussian();
        }

        return vector;
    }

    private static double[,] Matrix(NumpyLegacyRandom random, int rows, int columns)
    {
        var matrix = new double[rows, columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                matrix[i, j] = Scale * random.NextGaussian();
            }
        }

        return matrix;
    }

    private static double[,] OnDiagonal(double[] entries)
    {
        var matrix = new double[entries.Length, entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            matrix[i, i] = entries[i];
        }

        return matrix;
    }
}
