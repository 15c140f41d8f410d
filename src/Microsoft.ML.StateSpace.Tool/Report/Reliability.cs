namespace Microsoft.ML.StateSpace.Tool.Report;

/// <summary>Whether what is forecast with a probability happens as often: forecasts by their probability, in bins of equal width.</summary>
internal sealed class Reliability
{
    /// <summary>Bins of [0, 1].</summary>
    public const int Bins = 10;

    private readonly long[] _count = new long[Bins], _happened = new long[Bins];
    private readonly double[] _forecast = new double[Bins];

    /// <summary>Forecasts in a bin.</summary>
    public IReadOnlyList<long> Count => _count;

    /// <summary>A bin's mean forecast; NaN where it is empty.</summary>
    public double Forecast(int bin) => _forecast[bin] / _count[bin];

    /// <summary>How often it happened; NaN where the bin is empty.</summary>
    public double Happened(int bin) => (double)_happened[bin] / _count[bin];

    /// <summary>Takes a forecast that came true (1) or not (0).</summary>
    public void Add(double probability, double truth)
    {
        int bin = Math.Clamp((int)(probability * Bins), 0, Bins - 1);
        _count[bin]++;
        _forecast[bin] += probability;
        _happened[bin] += truth == 1 ? 1 : 0;
    }
}
