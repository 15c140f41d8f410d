using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using Microsoft.ML.StateSpace.Trainers;

// A day ahead, hour by hour, with quantiles: Forecasting [--data ETTh1.csv] [--smoke]
// Without --data a series is made, of days and weeks; --smoke makes it short and trains for an epoch.
const int Day = 24, Week = 7 * Day;
bool smoke = args.Contains("--smoke");
string? file = args.SkipWhile(a => a != "--data").Skip(1).FirstOrDefault();
int days = file is not null ? 600 : smoke ? 40 : 200, training = days * 6 / 10 * Day, validation = days * 2 / 10 * Day;
var ml = new MLContext(seed: 1);

// A row per hour; what the calendar says of it is known of the future too.
IDataView hours = file is null ? ml.Data.LoadFromEnumerable(Hour.Make(days * Day)) : ml.Data.LoadFromTextFile(file, new TextLoader.Options
{
    Separators = [','], HasHeader = true, Columns = [new("Time", DataKind.DateTime, 0), new("Values", DataKind.Single, 1, 7)],
});
var calendar = ml.Transforms.CustomMapping<Stamp, Calendar>((hour, known) => (known.Sine, known.Cosine) = MathF.SinCos(MathF.Tau * hour.Time.Hour / Day), null);
hours = calendar.Fit(hours).Transform(hours);

// Sequences: windows to learn from; the last fifth, begun a week before it, in one piece. Controls are the calendar, and what was measured
// a day and a week before: known as far as a forecast goes, and the first week is spent on it.
IDataView Sequences(int from, int count, int? window = null) => ml.StateSpace.Data.GroupIntoSequences(
    from == 0 ? ml.Data.TakeRows(hours, count) : ml.Data.TakeRows(ml.Data.SkipRows(hours, from - Week), Week + count),
    new SequenceGroupingOptions
    {
        OrderColumnName = "Time", ValueColumnNames = ["Values"], ControlValueColumnNames = ["Sine", "Cosine"], Lags = [Day, Week],
        WindowLength = window, Stride = window is null ? null : Day,
    });
int start = training + validation - Week;
IDataView train = Sequences(0, training, Week + Day), valid = Sequences(training, validation, Week + Day), test = Sequences(start, validation + Week);

using var model = ml.StateSpace.Trainers.DeepMarkov(new DeepMarkovTrainer.Options
{
    SequenceIdColumnName = "SequenceId", ControlColumnName = "Controls", ValidationSet = valid, Horizon = Day,
    Regression = new ControlRegression { Lags = 2 },    // the network learns what the same hours of the day and the week before leave over
    Generative = new DeepMarkovModel { LatentSize = 16, Transition = new GatedTransition { HiddenSize = 32 }, Conditioning = new() { ControlCount = 2 } },
    Inference = new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 64 },
    Epochs = smoke ? 1 : 40, LearningRate = 4e-3, FilteringProposal = new() { Epochs = smoke ? 1 : 10 },
}).Fit(train);

// Forecasts of the day after each week, beside what happened: the columns of the data stay in the data view.
var weeks = ml.Data.CreateEnumerable<Window>(Sequences(start, validation + Week, Week + Day), reuseRowObject: false, ignoreMissingColumns: true).Select(w => w.Cut(Week, Week + Day)).ToList();
IDataView forecasts = ml.StateSpace.Forecast(model, ml.Data.LoadFromEnumerable(weeks), new ForecastOptions { Quantiles = [0.025, 0.1, 0.5, 0.9, 0.975], Paths = 100 });
ForecastFigures figures = ml.StateSpace.EvaluateForecasts(forecasts, new() { PastColumnName = "Observations", Metrics = new() { Season = Day } }).Overall;
Console.WriteLine($"{weeks.Count} forecasts, {Summary(figures)}");
Ahead last = ml.Data.CreateEnumerable<Ahead>(forecasts, reuseRowObject: false).Last();
Console.WriteLine($"the last one's first hour: {last.Median[0]:f2}, in 8 of 10 cases from {last.Low[0]:f2} to {last.High[0]:f2}; it was {last.Truth[0]:f2}");

// The same by rolling origins, beside baselines that learn from the same hours.
BacktestResult backtest = ml.StateSpace.Backtest(model, test, new BacktestOptions
{
    Horizon = Day, FirstOrigin = Week, Stride = Day, MaxContext = Week, Metrics = new() { Season = Day },
    TrainingSet = Sequences(0, training), ValidationSet = Sequences(training, validation),
    Baselines = smoke ? [new NaiveMethod(), new SeasonalNaiveMethod { Season = Day }] : BacktestOptions.StandardBaselines([Day]),
});
Console.WriteLine($"{backtest.Forecasts} origins");
foreach (BacktestedMethod method in backtest.Methods)
    Console.WriteLine($"{method.Name,-16} {Summary(method.Metrics.Overall)}");

static string Summary(ForecastFigures all) =>
    $"CRPS {all.Crps:f3}, MASE {all.Mase:f3}, {all.Intervals[0].Coverage:p1} in the 80% interval, {all.Intervals[1].Coverage:p1} in the 95% interval";
