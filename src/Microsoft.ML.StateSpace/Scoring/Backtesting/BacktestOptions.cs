using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>How forecasts are made and compared with what happened, from many origins of every sequence.</summary>
/// <remarks>An origin o is a number of known steps: from x_1 … x_o the next H steps are forecast. Only origins after which all H steps are
/// inside the sequence are taken; missing values among them are left out.</remarks>
public sealed record BacktestOptions
{
    /// <summary>H, steps forecast from each origin. Default 1.</summary>
    public int Horizon { get; init; } = 1;

    /// <summary>The first origin of every sequence; null: the one from which <see cref="Origins"/> of them reach the sequence's end. Default null.</summary>
    public int? FirstOrigin { get; init; }

    /// <summary>Steps from origin to origin; null: the horizon. Default null.</summary>
    public int? Stride { get; init; }

    /// <summary>Origins of every sequence at most; null: as many as there are from <see cref="FirstOrigin"/> on, 10 without one. Default null.</summary>
    public int? Origins { get; init; }

    /// <summary>Steps before an origin that a forecast reads at most; null: all. Default null.</summary>
    public int? MaxContext { get; init; }

    /// <summary>Learns anew, from all steps before it, at every so many origins; null: once, before the first one. A model that is given
    /// trained is never trained again. Default null.</summary>
    public int? RefitEvery { get; init; }

    /// <summary>N, sample paths of each forecast. Default 200.</summary>
    public int Paths { get; init; } = 200;

    /// <summary>Probabilities of the quantiles whose pinball loss is reported. Default 0.1, 0.2, … 0.9.</summary>
    public IReadOnlyList<double> Quantiles { get; init; } = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

    /// <summary>Intervals, scale and histogram of the metrics.</summary>
    public ForecastMetricOptions Metrics { get; init; } = new();

    /// <summary>Steps of the data's seasons, the shortest first: what the standard baselines know of. Default empty.</summary>
    public IReadOnlyList<int> Seasons { get; init; } = [];

    /// <summary>Methods to compare with; null: <see cref="StandardBaselines"/> of <see cref="Seasons"/>. Default null.</summary>
    public IReadOnlyList<IForecastMethod>? Baselines { get; init; }

    /// <summary>Sequences that methods learn from; null: those of the data, each up to its first origin. Default null.</summary>
    public IDataView? TrainingSet { get; init; }

    /// <summary>Sequences that methods choose by; null: the last <see cref="ValidationFraction"/> of each training sequence's steps. Default null.</summary>
    public IDataView? ValidationSet { get; init; }

    /// <summary>Share of the training steps, at the end of each sequence, that methods choose by when no validation set is given. Default 0.2.</summary>
    public double ValidationFraction { get; init; } = 0.2;

    /// <summary>Steps of the windows that a trainer's training sequences are cut into; null: they stay whole. Default null.</summary>
    public int? TrainingWindow { get; init; }

    /// <summary>Seed of the draws, with each sequence's own key and the origin. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Stops the work between forecasts.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Told how far it has come.</summary>
    public IProgress<BacktestProgress>? Progress { get; init; }

    /// <summary>Naive; seasonal naive of the first season, where there is one; and linear-Gaussian with all of them.</summary>
    public static IReadOnlyList<IForecastMethod> StandardBaselines(IReadOnlyList<int> seasons) =>
    [
        new NaiveMethod(),
        .. seasons.Take(1).Select(m => new SeasonalNaiveMethod { Season = m }),
        new LinearGaussianMethod { Seasons = seasons },
    ];

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        foreach (var (name, value) in new (string, int?)[]
        {
            (nameof(Horizon), Horizon), (nameof(FirstOrigin), FirstOrigin), (nameof(Stride), Stride), (nameof(Origins), Origins), (nameof(MaxContext), MaxContext),
            (nameof(RefitEvery), RefitEvery), (nameof(TrainingWindow), TrainingWindow),
        })
            if (value < 1)
                yield return $"{name} is {value}; it must be at least 1.";
        if (Paths < 0)
            yield return $"Paths is {Paths}; it must be at least 0.";
        if (Metrics.Fair && Paths == 1)
            yield return "Paths is 1, but Metrics.Fair needs two paths at least.";
        foreach (string fault in new ForecastOptions { Quantiles = Quantiles }.Validate(1))
            yield return fault;
        if (ValidationFraction is not (>= 0 and < 1))
            yield return FormattableString.Invariant($"ValidationFraction is {ValidationFraction}; it must be at least 0 and below 1.");
        if (RefitEvery is not null && TrainingSet is not null)
            yield return "RefitEvery is set beside a TrainingSet, which has no origins to learn anew at; leave one of them out.";
        foreach (int bad in Seasons.Where(m => m < 2))
            yield return $"Seasons holds {bad}; each must be at least 2.";
        foreach (string fault in Metrics.Validate().Select(f => $"Metrics.{f}").Concat(ValidateBaselines()))
            yield return fault;
    }

    internal IReadOnlyList<IForecastMethod> Compared => Baselines ?? StandardBaselines(Seasons);

    /// <summary>Probabilities of all quantiles: those asked for, and the ends of the intervals.</summary>
    internal double[] Probabilities => [.. Quantiles.Concat(Metrics.Ends).DistinctBy(p => Math.Round(p, 9)).Order()];

    private IEnumerable<string> ValidateBaselines()
    {
        foreach (var twice in Compared.GroupBy(m => m.Name).Where(same => same.Count() > 1))
            yield return $"Baselines holds '{twice.Key}' more than once; tables tell methods by their name.";
        foreach (var method in Compared)
            foreach (string fault in method.Validate())
                yield return $"Baselines: '{method.Name}': {fault}";
    }
}

/// <summary>How far a backtest has come.</summary>
/// <param name="Method">The method at work.</param>
/// <param name="Done">Its forecasts so far.</param>
/// <param name="Total">Forecasts of each method.</param>
public sealed record BacktestProgress(string Method, int Done, int Total);
