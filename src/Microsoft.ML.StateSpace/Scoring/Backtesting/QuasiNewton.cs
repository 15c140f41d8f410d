namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>Minimises a smooth function of few numbers by limited-memory BFGS (Nocedal 1980) with steps that lower it enough (Armijo).</summary>
/// <param name="function">The function and its gradient.</param>
internal sealed class QuasiNewton(Func<double[], (double Value, double[] Gradient)> function)
{
    private const int Memory = 20;

    // Of any number in one step: those here are logarithms or of the order of 1.
    private const double LongestStep = 2;

    private const double SufficientDecrease = 1e-4;
    private const double Shrink = 0.3;
    private const int Tries = 8;

    // What less is gained by is not worth another step.
    private const double LeastGain = 1e-6;

    private readonly List<(double[] Step, double[] Change, double Product)> _pairs = [];

    /// <summary>The points that the search comes through, the start first.</summary>
    /// <param name="start">Where it begins.</param>
    /// <param name="iterations">Steps at most.</param>
    public IEnumerable<double[]> Path(double[] start, int iterations)
    {
        double[] point = start;
        var (value, gradient) = function(point);
        yield return point;
        for (int i = 0; i < iterations; i++)
        {
            if (Next(point, value, gradient) is not { } next)
                yield break;
            Remember(Minus(next.Point, point), Minus(next.Gradient, gradient));
            double gain = value - next.Value;
            (point, value, gradient) = next;
            yield return point;
            if (gain < LeastGain)
                yield break;
        }
    }

    private (double[] Point, double Value, double[] Gradient)? Next(double[] point, double value, double[] gradient)
    {
        double[] direction = Direction(gradient);
        double slope = Dot(direction, gradient), step = Math.Min(1, LongestStep / direction.Max(Math.Abs));
        for (int i = 0; i < Tries && slope < 0; i++, step *= Shrink)
        {
            double[] next = [.. point.Select((v, j) => v + step * direction[j])];
            var (lower, there) = function(next);
            if (double.IsFinite(lower) && lower <= value + SufficientDecrease * step * slope)
                return (next, lower, there);
        }
        return null;
    }

    private void Remember(double[] step, double[] change)
    {
        double product = Dot(step, change);
        if (product <= 1e-12)
            return;
        _pairs.Add((step, change, product));
        if (_pairs.Count > Memory)
            _pairs.RemoveAt(0);
    }

    // The two loops over the remembered steps.
    private double[] Direction(double[] gradient)
    {
        double[] result = [.. gradient.Select(g => -g)], weights = new double[_pairs.Count];
        for (int i = _pairs.Count - 1; i >= 0; i--)
        {
            weights[i] = Dot(_pairs[i].Step, result) / _pairs[i].Product;
            Lanes.Add(-weights[i], _pairs[i].Change, result);
        }
        if (_pairs.Count > 0)
            Lanes.Scale(_pairs[^1].Product / Dot(_pairs[^1].Change, _pairs[^1].Change), result);
        for (int i = 0; i < _pairs.Count; i++)
            Lanes.Add(weights[i] - Dot(_pairs[i].Change, result) / _pairs[i].Product, _pairs[i].Step, result);
        return result;
    }

    private static double Dot(double[] x, double[] y) => Lanes.Dot(x, y);

    private static double[] Minus(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a - b)];
}
