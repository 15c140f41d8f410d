namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>A <see cref="ScalarSystem"/>'s parameters as numbers without bounds, in which its likelihood is maximised.</summary>
/// <remarks>They are, in order: artanh φ, log q, controls in the start's deviations of the noise, the log variance of each group of pairs,
/// log r, and the offset. Variances have a floor, so that a component may vanish.</remarks>
/// <param name="start">Gives what does not change.</param>
/// <param name="groups">Of each pair, the group whose variance it has; below 0: that stays as it is.</param>
internal sealed class ScalarParameters(ScalarSystem start, int[] groups)
{
    private const double LeastNoise = 1e-9;

    // Standardised observations are not known better.
    private const double LeastVariance = 1e-6;

    private readonly int _groups = groups.DefaultIfEmpty(-1).Max() + 1;
    private readonly double[] _units = [.. start.Noise.Select(Math.Sqrt)];

    /// <summary>The start's numbers.</summary>
    public double[] Start() =>
    [
        .. start.Decay.Select(Math.Atanh),
        .. start.Noise.Select(q => Log(q, LeastNoise)),
        .. start.Control.Select((b, i) => b / _units[i / start.ControlSize]),
        .. Enumerable.Range(0, _groups).Select(g => Log(start.SeasonalNoise[Array.IndexOf(groups, g)], LeastNoise)),
        Log(start.Variance, LeastVariance),
        start.Offset,
    ];

    /// <summary>The system of these numbers.</summary>
    public ScalarSystem System(double[] numbers)
    {
        int components = start.Components, season = 2 * components + start.Control.Length;
        return start with
        {
            Decay = [.. numbers[..components].Select(Math.Tanh)],
            Noise = [.. numbers[components..(2 * components)].Select(v => LeastNoise + Math.Exp(v))],
            Control = [.. numbers[(2 * components)..season].Select((b, i) => b * _units[i / start.ControlSize])],
            SeasonalNoise = [.. groups.Select((g, k) => g < 0 ? start.SeasonalNoise[k] : LeastNoise + Math.Exp(numbers[season + g]))],
            Variance = LeastVariance + Math.Exp(numbers[^2]),
            Offset = numbers[^1],
        };
    }

    /// <summary>−log p(x) for each of <paramref name="count"/> steps, and its gradient.</summary>
    public (double Value, double[] Gradient) Loss(double[] numbers, IReadOnlyList<ScalarSeries> series, long count)
    {
        var system = System(numbers);
        var found = new ScalarLikelihood(system);
        foreach (var one in series)
            found.Add(one);
        double[] seasons = new double[_groups];
        for (int k = 0; k < groups.Length; k++)
            if (groups[k] >= 0)
                seasons[groups[k]] += found.LogSeasonalNoise[k] * Share(system.SeasonalNoise[k], LeastNoise);
        double[] gradient =
        [
            .. found.Decay.Select((g, i) => g * (1 - system.Decay[i] * system.Decay[i])),
            .. found.LogNoise.Select((g, i) => g * Share(system.Noise[i], LeastNoise)),
            .. found.Control.Select((g, i) => g * _units[i / start.ControlSize]),
            .. seasons,
            found.LogVariance * Share(system.Variance, LeastVariance),
            found.Offset,
        ];
        return (-found.Value / count, [.. gradient.Select(g => -g / count)]);
    }

    private static double Log(double variance, double floor) => Math.Log(Math.Max(variance - floor, 0.01 * floor));

    // d log(floor + e^v) / dv
    private static double Share(double variance, double floor) => (variance - floor) / variance;
}
