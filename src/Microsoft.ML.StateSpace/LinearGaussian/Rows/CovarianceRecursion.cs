namespace Microsoft.ML.StateSpace.LinearGaussian.Rows;

/// <summary>The covariances of a Kalman filter, which the observed numbers do not enter; the same formulas as <see cref="KalmanFilter"/>.</summary>
/// <remarks>Of each combination of what a step begins with, its matrices and what it observes, one step is computed, and one covariance
/// of the same bits is kept: once a recursion is at its fixed point, or in a cycle of last bits, it costs nothing more.</remarks>
internal sealed class CovarianceRecursion(int latent, ConditionalReader transitions, ConditionalReader emissions)
{
    // Of what is kept for the rows to come; what was dropped is computed again.
    private const int MostNumbers = 1 << 22;

    private static readonly double s_log2Pi = Math.Log(2 * Math.PI);

    private readonly Dictionary<(int, int), int> _predictions = [];
    private readonly Dictionary<(int, int, int), RowUpdate> _updates = [];
    private readonly List<int[]> _seen = [];
    private readonly DistinctBlocks _patterns = new();
    private ((int, int) Key, int Value) _prediction = ((-1, -1), 0);
    private ((int, int, int) Key, RowUpdate? Value) _update = ((-1, -1, -1), null);
    private double[] _room = [];

    /// <summary>All of them, [Z, Z].</summary>
    public DistinctBlocks Covariances { get; } = new();

    /// <summary>The place of what is observed.</summary>
    /// <param name="observed">1 where observed, 0 where missing, [D].</param>
    public int Pattern(ReadOnlySpan<double> observed)
    {
        int place = _patterns.Place(observed);
        if (place == _seen.Count)
            _seen.Add([.. Enumerable.Range(0, observed.Length).Where(d => _patterns[place][d] != 0)]);
        return place;
    }

    /// <summary>The place of A P Aᵀ + Q.</summary>
    /// <param name="filtered">The place of P.</param>
    /// <param name="transition">The place of A and Q.</param>
    public int Predict(int filtered, int transition)
    {
        var key = (filtered, transition);
        if (_prediction.Key == key)
            return _prediction.Value;
        if (!_predictions.TryGetValue(key, out int place))
            _predictions[key] = place = NewPrediction(filtered, transition);
        _prediction = (key, place);
        return place;
    }

    /// <summary>The update of a step.</summary>
    /// <param name="predicted">The place of the predicted covariance.</param>
    /// <param name="emission">The place of the emission's matrices.</param>
    /// <param name="pattern">The place of what is observed.</param>
    /// <param name="step">The step, for a message.</param>
    /// <exception cref="ArithmeticException">A covariance is not positive definite.</exception>
    public RowUpdate Update(int predicted, int emission, int pattern, int step)
    {
        var key = (predicted, emission, pattern);
        if (_update.Key == key)
            return _update.Value!;
        if (!_updates.TryGetValue(key, out var update))
        {
            int[] seen = _seen[pattern];
            if (_updates.Count * (long)(latent * latent + 2 * latent * seen.Length + seen.Length * seen.Length) > MostNumbers)
                _updates.Clear();
            _updates[key] = update = seen.Length == 0 ? RowUpdate.Nothing(predicted) : NewUpdate(predicted, emission, seen, step);
        }
        _update = (key, update);
        return update;
    }

    private int NewPrediction(int filtered, int transition)
    {
        int square = latent * latent;
        var room = new Room(ref _room, 3 * square);
        var result = room.Take(square);
        Dense.Sandwich(transitions.Matrix(transition), Covariances[filtered], latent, room.Take(square), room.Take(square), result);
        Dense.AddScaled(1, transitions.Covariance(transition), result);
        Dense.Symmetrise(result, latent);
        return Covariances.Place(result);
    }

    private RowUpdate NewUpdate(int predicted, int emission, int[] seen, int step)
    {
        int size = seen.Length;
        var room = new Room(ref _room, 8 * size * latent + 3 * size * size + 5 * latent * latent);
        Span<double> matrix = room.Take(size * latent), noise = room.Take(size * size), factor = room.Take(size * size);
        Select(emission, seen, matrix, noise);
        Span<double> cross = room.Take(size * latent), inverse = room.Take(size * size), gain = room.Take(latent * size);
        Dense.Sandwich(matrix, Covariances[predicted], latent, cross, room.Take(latent * size), factor);
        Dense.AddScaled(1, noise, factor);
        Dense.Symmetrise(factor, size);
        Dense.Cholesky(factor, size, "predicted covariance of the observation", step);
        Dense.InverseOfLower(factor, size, inverse);
        Dense.SolveTransposed(inverse, size, cross, room.Take(size * latent), room.Take(latent * size), gain);
        int filtered = Posterior(matrix, noise, gain, Covariances[predicted], size, room);
        return new(filtered, seen, new(matrix, size), new(gain, latent), new(inverse, size), Constant(factor, size));
    }

    // The place of (I − K C) P (I − K C)ᵀ + K R Kᵀ.
    private int Posterior(ReadOnlySpan<double> matrix, ReadOnlySpan<double> noise, ReadOnlySpan<double> gain, ReadOnlySpan<double> prior, int size, Room room)
    {
        int square = latent * latent;
        Span<double> rest = room.Take(square), result = room.Take(square), fromNoise = room.Take(square);
        Dense.Product(gain, matrix, size, rest);
        Dense.Complement(rest, latent);
        Dense.Sandwich(rest, prior, latent, room.Take(square), room.Take(square), result);
        Dense.Sandwich(gain, noise, size, room.Take(latent * size), room.Take(size * latent), fromNoise);
        Dense.AddScaled(1, fromNoise, result);
        Dense.Symmetrise(result, latent);
        return Covariances.Place(result);
    }

    private void Select(int emission, int[] seen, Span<double> matrix, Span<double> noise)
    {
        var all = emissions.Matrix(emission);
        var covariance = emissions.Covariance(emission);
        int size = seen.Length, full = all.Length / latent;
        for (int i = 0; i < size; i++)
        {
            all.Slice(seen[i] * latent, latent).CopyTo(matrix[(i * latent)..]);
            for (int j = 0; j < size; j++)
                noise[i * size + j] = covariance[seen[i] * full + seen[j]];
        }
    }

    private static double Constant(ReadOnlySpan<double> factor, int size)
    {
        double sum = 0;
        for (int i = 0; i < size; i++)
            sum += Math.Log(factor[i * size + i]);
        return -0.5 * s_log2Pi * size - sum;
    }
}

/// <summary>Takes matrices out of one array, which grows to what is needed.</summary>
internal ref struct Room
{
    private Span<double> _rest;

    public Room(ref double[] numbers, int size)
    {
        if (numbers.Length < size)
            numbers = new double[size];
        _rest = numbers;
    }

    /// <summary>The next so many numbers, whatever they are.</summary>
    public Span<double> Take(int size)
    {
        var taken = _rest[..size];
        _rest = _rest[size..];
        return taken;
    }
}
