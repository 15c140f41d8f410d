using System.CommandLine;
using System.Globalization;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Scoring.Metrics;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>The options of <c>statespace backtest</c> that say what is forecast and how it is measured.</summary>
internal sealed class BacktestArguments
{
    private const string Naive = "naive", Seasonal = "seasonal", Linear = "linear-gaussian", None = "none";

    private readonly Option<int> _horizon = new("--horizon") { Description = "Steps forecast from each origin.", Required = true };
    private readonly Option<int?> _stride = new("--stride") { Description = "Steps from origin to origin. Default: the horizon." };
    private readonly Option<int?> _origins = new("--origins") { Description = "Origins of every sequence at most. Default: 10, or with --first-origin all." };
    private readonly Option<int?> _first = new("--first-origin") { Description = "Steps known at the first origin. Default: so that the last forecast ends with the sequence." };
    private readonly Option<int?> _context = new("--context") { Description = "Steps before an origin that a forecast reads at most. Default: all." };
    private readonly Option<int?> _refit = new("--refit-every") { Description = "Learn anew at every so many origins. Default: once, before the first." };
    private readonly Option<int> _paths = new("--paths") { Description = "Sample paths of each forecast.", DefaultValueFactory = _ => 200 };
    private readonly Option<string> _levels = new("--levels") { Description = "Probabilities of the intervals, separated by commas.", DefaultValueFactory = _ => "0.8,0.95" };
    private readonly Option<string?> _seasons = new("--season") { Description = "Steps of the data's seasons, the shortest first, as 24,168." };
    private readonly Option<int?> _scale = new("--scale-season") { Description = "The season that MASE and RMSSE measure against. Default: the first of --season, else 1." };
    private readonly Option<string?> _baselines = new("--baselines") { Description = $"{Naive}, {Seasonal}, {Linear}, separated by commas, or {None}. Default: all that --season allows." };
    private readonly Option<int?> _window = new("--window") { Description = "Cut a trainer's training sequences into windows of so many steps." };
    private readonly Option<double> _validation = new("--validation-fraction") { Description = "Share of the training steps, the last ones, to choose by without --validation.", DefaultValueFactory = _ => 0.2 };
    private readonly Option<bool> _fair = new("--fair") { Description = "CRPS and energy score without the bias of the number of paths." };
    private readonly Option<int?> _seed = new("--seed") { Description = "Seed of the draws. Default 1." };

    public BacktestArguments()
    {
        Shared.RequirePositive(_horizon);
        Shared.RequirePositive(_stride, _origins, _first, _context, _refit, _scale, _window);
        All = [_horizon, _stride, _origins, _first, _context, _refit, _paths, _levels, _seasons, _scale, _baselines, _window, _validation, _fair, _seed];
    }

    /// <summary>The options, for the command.</summary>
    public IReadOnlyList<Option> All { get; }

    /// <summary>What was asked for.</summary>
    /// <exception cref="UsageException">A list holds what it cannot.</exception>
    public BacktestOptions Read(ParseResult parsed)
    {
        int[] seasons = List<int>("--season", parsed.GetValue(_seasons) ?? "", "whole number");
        return new BacktestOptions
        {
            Horizon = parsed.GetValue(_horizon),
            Stride = parsed.GetValue(_stride),
            Origins = parsed.GetValue(_origins),
            FirstOrigin = parsed.GetValue(_first),
            MaxContext = parsed.GetValue(_context),
            RefitEvery = parsed.GetValue(_refit),
            Paths = parsed.GetValue(_paths),
            Seasons = seasons,
            Baselines = parsed.GetValue(_baselines) is { } names ? Methods(names, seasons) : null,
            TrainingWindow = parsed.GetValue(_window),
            ValidationFraction = parsed.GetValue(_validation),
            Seed = parsed.GetValue(_seed) ?? 1,
            Metrics = new ForecastMetricOptions
            {
                Levels = List<double>("--levels", parsed.GetRequiredValue(_levels), "number"),
                Season = parsed.GetValue(_scale) ?? seasons.FirstOrDefault(1),
                Fair = parsed.GetValue(_fair),
                Seed = parsed.GetValue(_seed) ?? 1,
            },
        };
    }

    private static IForecastMethod[] Methods(string names, int[] seasons) =>
        [.. Parts(names).Where(name => name != None).Select(name => Method(name, seasons))];

    private static IForecastMethod Method(string name, int[] seasons) => name switch
    {
        Naive => new NaiveMethod(),
        Seasonal when seasons.Length == 0 => throw new UsageException($"--baselines {Seasonal} needs --season"),
        Seasonal => new SeasonalNaiveMethod { Season = seasons[0] },
        Linear => new LinearGaussianMethod { Seasons = seasons },
        _ => throw new UsageException($"--baselines: '{name}' is none of {Naive}, {Seasonal}, {Linear}, {None}"),
    };

    private static T[] List<T>(string option, string text, string kind) where T : IParsable<T> =>
    [
        .. Parts(text).Select(part => T.TryParse(part, CultureInfo.InvariantCulture, out T? value) ? value
            : throw new UsageException($"{option}: '{part}' is no {kind}")),
    ];

    private static string[] Parts(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
