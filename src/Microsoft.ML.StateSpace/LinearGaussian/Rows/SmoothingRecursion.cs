namespace Microsoft.ML.StateSpace.LinearGaussian.Rows;

/// <summary>What smoothing a step needs that does not depend on later steps.</summary>
/// <param name="Number">Which one it is.</param>
/// <param name="Transition">The place of A and Q.</param>
/// <param name="Gain">G, [Z, Z].</param>
/// <param name="Columns">The same by columns.</param>
/// <param name="Rest">(I − G A) P (I − G A)ᵀ, [Z, Z].</param>
internal sealed record SmootherGain(int Number, int Transition, double[] Gain, ColumnMatrix Columns, double[] Rest);

/// <summary>The covariances of a smoother, which the observed numbers do not enter; the same formulas as <see cref="RtsSmoother"/>, and each
/// distinct one is computed once.</summary>
internal sealed class SmoothingRecursion(int latent, RowStates filter)
{
    // Of what is kept for the rows to come; what was dropped is computed again.
    private const int MostNumbers = 1 << 22;

    private readonly Dictionary<(int, int), SmootherGain> _gains = [];
    private readonly Dictionary<(int, int), (int Smoothed, int LagOne)> _steps = [];
    private ((int, int) Key, SmootherGain? Value) _gain = ((-1, -1), null);
    private ((int, int) Key, (int, int) Value) _step = ((-1, -1), default);
    private double[] _room = [];
    private int _count;

    /// <summary>The distinct covariances, [Z, Z].</summary>
    public DistinctBlocks Smoothed { get; } = new();

    /// <summary>The distinct covariances with the state before, [Z, Z].</summary>
    public DistinctBlocks LagOne { get; } = new();

    /// <summary>The place of the covariance of a row that ends.</summary>
    public int End(int filtered) => Smoothed.Place(filter.Covariances[filtered]);

    /// <summary>The gain of a step.</summary>
    /// <param name="filtered">The place of the step's filtered covariance.</param>
    /// <param name="transition">The place of the transition into the next step.</param>
    /// <param name="predicted">The place of the next step's predicted covariance.</param>
    /// <param name="step">The step, for a message.</param>
    /// <exception cref="ArithmeticException">The predicted covariance is not positive definite.</exception>
    public SmootherGain Gain(int filtered, int transition, int predicted, int step)
    {
        var key = (filtered, transition);
        if (_gain.Key == key)
            return _gain.Value!;
        if (!_gains.TryGetValue(key, out var gain))
        {
            if (_gains.Count * 3L * latent * latent > MostNumbers)
                _gains.Clear();
            _gains[key] = gain = NewGain(filter.Covariances[filtered], transition, filter.Covariances[predicted], step);
        }
        _gain = (key, gain);
        return gain;
    }

    /// <summary>The places of a step's smoothed covariance, and of the next state's covariance with it.</summary>
    /// <param name="gain">The step's.</param>
    /// <param name="later">The place of the next step's smoothed covariance.</param>
    public (int Smoothed, int LagOne) Smooth(SmootherGain gain, int later)
    {
        var key = (gain.Number, later);
        if (_step.Key == key)
            return _step.Value;
        if (!_steps.TryGetValue(key, out var places))
            _steps[key] = places = NewStep(gain, Smoothed[later]);
        _step = (key, places);
        return places;
    }

    private SmootherGain NewGain(double[] filtered, int transition, double[] predicted, int step)
    {
        int square = latent * latent;
        var room = new Room(ref _room, 6 * square);
        Span<double> factor = room.Take(square), inverse = room.Take(square), moved = room.Take(square), rest = room.Take(square);
        Span<double> between = room.Take(square), transposed = room.Take(square);
        double[] gain = new double[square], unexplained = new double[square];
        var matrix = filter.Transitions.Matrix(transition);
        predicted.CopyTo(factor);
        Dense.Cholesky(factor, latent, "predicted covariance", step + 1);
        Dense.InverseOfLower(factor, latent, inverse);
        Dense.Product(matrix, filtered, latent, moved);
        Dense.SolveTransposed(inverse, latent, moved, between, transposed, gain);
        Dense.Product(gain, matrix, latent, rest);
        Dense.Complement(rest, latent);
        Dense.Sandwich(rest, filtered, latent, between, transposed, unexplained);
        return new(_count++, transition, gain, new(gain, latent), unexplained);
    }

    private (int Smoothed, int LagOne) NewStep(SmootherGain gain, double[] later)
    {
        int square = latent * latent;
        var room = new Room(ref _room, 5 * square);
        Span<double> sum = room.Take(square), between = room.Take(square), transposed = room.Take(square);
        Span<double> result = room.Take(square), lagOne = room.Take(square);
        filter.Transitions.Covariance(gain.Transition).CopyTo(sum);
        Dense.AddScaled(1, later, sum);
        Dense.Sandwich(gain.Gain, sum, latent, between, transposed, result);
        Dense.AddScaled(1, gain.Rest, result);
        Dense.Symmetrise(result, latent);
        Dense.Product(later, transposed, latent, lagOne);
        return (Smoothed.Place(result), LagOne.Place(lagOne));
    }
}
