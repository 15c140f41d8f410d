namespace Microsoft.ML.StateSpace.Scoring.Imputing;

/// <summary>Sums of a method's errors by dimension.</summary>
/// <param name="deviations">Each dimension's unit; 0: it has none.</param>
internal sealed class ImputationErrors(IReadOnlyList<double> deviations)
{
    private readonly long[] _counts = new long[deviations.Count];
    private readonly double[] _absolute = new double[deviations.Count];
    private readonly double[] _squared = new double[deviations.Count];

    public void Add(int dimension, double error)
    {
        _counts[dimension]++;
        _absolute[dimension] += Math.Abs(error);
        _squared[dimension] += error * error;
    }

    public ImputedMethod Result(string name)
    {
        int[] all = [.. Enumerable.Range(0, deviations.Count)];
        return new ImputedMethod(name, Figures(all), [.. all.Select(d => Figures([d]))]);
    }

    private ImputationFigures Figures(int[] dimensions)
    {
        int[] varying = [.. dimensions.Where(d => deviations[d] > 0)];
        long count = dimensions.Sum(d => _counts[d]), scaled = varying.Sum(d => _counts[d]);
        return new ImputationFigures(count, dimensions.Sum(d => _absolute[d]) / count, Math.Sqrt(dimensions.Sum(d => _squared[d]) / count),
            varying.Sum(d => _absolute[d] / deviations[d]) / scaled, Math.Sqrt(varying.Sum(d => _squared[d] / (deviations[d] * deviations[d])) / scaled));
    }
}
