using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Backtesting;
using Microsoft.ML.StateSpace.Scoring.Metrics;
using Microsoft.ML.StateSpace.Tests.Scoring.Metrics;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Scoring.Backtesting;

/// <summary>Backtests and forecast metrics as a user of the library calls them.</summary>
[TestClass]
public class BacktestCatalogTests
{
    private static readonly MLContext s_ml = new(seed: 1);
    private static DeepMarkovTransformer s_driven = null!;

    [ClassInitialize]
    public static void Train(TestContext context) => s_driven = s_ml.StateSpace.Trainers.DeepMarkov(Options()).Fit(View(Make(12, 20)));

    [ClassCleanup]
    public static void Dispose() => s_driven.Dispose();

    /// <summary>Every method sees what lies before its origin, the controls and times of what comes after, and no value from there.</summary>
    [TestMethod]
    [DataRow(null, null)]
    [DataRow(6, null)]
    [DataRow(null, 2)]
    public void MethodsSeeThePastAndKnownInputsOnly(int? context, int? refit)
    {
        var rows = Make(3, 30);
        rows[1].Observations[^1] = rows[1].Observations[17] = float.NaN;
        var watcher = new Watcher();
        var options = new BacktestOptions { Horizon = 3, FirstOrigin = 12, Stride = 4, MaxContext = context, RefitEvery = refit, Baselines = [watcher], ValidationFraction = 0.25 };
        var result = s_ml.StateSpace.Backtest(View(rows), Columns, options);
        // Origins 12, 16, 20, 24; the last step of the second row is padding.
        Assert.AreEqual((3, 0, 12), (result.Sequences, result.Skipped, result.Forecasts));
        Assert.HasCount(refit is null ? 1 : 2, watcher.Trainings);
        Assert.AreEqual((3, 9), (watcher.Trainings[0].Training.Count, watcher.Trainings[0].Training[0].Length));
        Assert.AreEqual(3, watcher.Trainings[0].Validation[0].Length);
        if (refit is not null)
            Assert.AreEqual(15, watcher.Trainings[1].Training[0].Length, "three quarters of the 20 steps before the third origin");
        Assert.HasCount(12, watcher.Contexts);
        Assert.HasCount(12, watcher.Contexts.Select(c => c.NoiseKey).Distinct().ToList(), "each origin has noise of its own");
        foreach (var seen in watcher.Contexts)
        {
            var row = rows.Single(r => r.Name == seen.Id);
            int start = seen.Inputs.StepNumber(0), origin = start + seen.Length;
            Assert.Contains(origin, new[] { 12, 16, 20, 24 });
            Assert.AreEqual(context ?? origin, seen.Length);
            for (int t = 0; t < seen.Length; t++)
                Assert.AreEqual(float.IsNaN(row.Observations[start + t]) ? 0 : row.Observations[start + t], seen.Observations[t]);
            for (int t = 0; t < seen.Length + 3; t++)
                Assert.AreEqual(row.Controls[start + t], seen.Inputs.ControlsOf(t)[0]);
        }
        Assert.AreEqual(1, result["watcher"].Metrics.Overall.Missing, "step 17 of the second row, after its second origin");
    }

    /// <summary>From the last origin a backtest's forecasts are those that <c>Forecast</c> makes of the rows cut there, up to the noise of the draws.</summary>
    [TestMethod]
    public void TheModelsForecastsAreItsOwn()
    {
        var rows = Make(4, 25);
        var options = new BacktestOptions { Horizon = 2, Origins = 1, Paths = 1000, Baselines = [], Quantiles = [0.5] };
        var metrics = s_ml.StateSpace.EvaluateForecasts(s_driven, View(rows), options);
        double error = 0;
        var cut = rows.Select(r => new DrivenRow { Name = r.Name, Observations = r.Observations[..^2], Controls = r.Controls }).ToList();
        var forecast = s_ml.StateSpace.Forecast(s_driven, View(cut), new ForecastOptions { Horizon = 2, Particles = 4000, Quantiles = [] });
        float[][] means = [.. forecast.GetColumn<float[]>("ForecastMean")];
        for (int i = 0; i < rows.Count; i++)
            error += Math.Abs(rows[i].Observations[^2] - means[i][0]) + Math.Abs(rows[i].Observations[^1] - means[i][1]);
        Assert.AreEqual(error / 8, metrics.Overall.MeanAbsoluteError, 0.06);
        Assert.AreEqual((4, 8L), (metrics.Forecasts, metrics.Overall.Count));
        Assert.AreEqual(metrics.Overall.Crps, s_ml.StateSpace.EvaluateForecasts(s_driven, View(rows), options).Overall.Crps, "the same seed, the same figures");
    }

    [TestMethod]
    public void ATrainerLearnsBeforeTheOriginAndStandsBesideBaselines()
    {
        var rows = Make(2, 60);
        var options = new BacktestOptions
        {
            Horizon = 3, FirstOrigin = 40, Stride = 6, Paths = 20, TrainingWindow = 10, Seasons = [4],
            Baselines = [new NaiveMethod(), new SeasonalNaiveMethod { Season = 4 }, new LinearGaussianMethod { Seasons = [4], Iterations = 2, LatentSizes = [1] }],
        };
        var chain = s_ml.Transforms.CopyColumns("Same", "Observations").Fit(View(rows)).Append(s_driven);
        var trained = s_ml.StateSpace.Backtest(s_ml.StateSpace.Trainers.DeepMarkov(Options()), View(rows), options);
        var given = s_ml.StateSpace.Backtest(chain, View(rows), options with { TrainingSet = View(Make(3, 30)), ValidationSet = View(Make(2, 20)) });
        foreach (var result in new[] { trained, given })
        {
            CollectionAssert.AreEqual(new[] { "model", "naive", "seasonal-naive", "linear-gaussian" }, result.Methods.Select(m => m.Name).ToArray());
            Assert.IsTrue(result.Methods.All(m => double.IsFinite(m.Metrics.Overall.Crps) && m.Metrics.Overall.Count == 2 * 3 * 3));
            Assert.HasCount(4 * 4 * 2, result.Rows);
            var view = result.ToDataView(s_ml);
            CollectionAssert.AreEqual(result.Rows.Select(r => r.Crps).ToArray(), view.GetColumn<double>("Crps").ToArray());
            Assert.AreEqual(2, view.GetColumn<double[]>("Coverage").First().Length);
            var scores = result.OriginsToDataView(s_ml);
            Assert.AreEqual(4 * 6, scores.GetColumn<string>("Method").Count());
            Assert.AreEqual(result.Methods[1].Metrics.Overall.Crps, result.Methods[1].Origins.Average(o => o.Crps), 1e-9, "all have as many values");
            StringAssert.Contains(result.Methods[0].Description, "DeepMarkovModel, latent size 2");
        }
    }

    [TestMethod]
    public void ForecastsInATableAreScoredAsOthers()
    {
        var random = new Random(3);
        List<Table> rows = [.. Enumerable.Range(0, 5).Select(_ => new Table
        {
            Truth = [.. random.Normals(4).Select(v => (float)v)], ForecastMean = [0, 0, 0, 0], Paths = [.. random.Normals(40).Select(v => (float)v)], Past = [1, 2, 4, 2, 1, 5],
        })];
        rows[2].Truth[1] = float.NaN;
        var options = new ForecastEvaluationOptions { ObservationSize = 2, PastColumnName = "Past", Quantiles = [0.5] };
        var found = s_ml.StateSpace.EvaluateForecasts(s_ml.Data.LoadFromEnumerable(rows), options);
        var scorer = new ForecastScorer(2, 2, options.Metrics, [0.5]);
        foreach (var row in rows)
            scorer.Add(row.Truth, new ProbabilisticForecast(row.ForecastMean, [], row.Paths), SeasonalScale.Of(row.Past, 2, 1));
        var expected = scorer.Result();
        Assert.AreEqual(expected.Overall.Crps, found.Overall.Crps);
        Assert.AreEqual(expected.Overall.Mase, found.Overall.Mase);
        Assert.AreEqual(expected.At(2, 1).QuantileLoss, found.At(2, 1).QuantileLoss);
        Assert.AreEqual((5, 1L, 19L), (found.Forecasts, found.Overall.Missing, found.Overall.ScaledCount));

        // Without a mean it is the paths'; quantiles by their columns' names.
        var alone = s_ml.StateSpace.EvaluateForecasts(s_ml.Data.LoadFromEnumerable(rows.Select(r => new Bare { Truth = r.Truth, Drawn = r.Paths, Low = r.ForecastMean })), options with
        {
            PastColumnName = null, PathsColumnName = "Drawn", QuantileColumnNames = new Dictionary<double, string> { [0.25] = "Low" },
        });
        double mean = Enumerable.Range(0, 10).Average(n => rows[0].Paths[4 * n]);
        Assert.AreEqual(0.25, alone.Overall.Quantiles.Single().Probability);
        Assert.AreEqual(double.NaN, alone.Overall.Mase);
        Assert.AreNotEqual(expected.Overall.MeanAbsoluteError, alone.Overall.MeanAbsoluteError);
        Assert.AreEqual(Math.Abs(mean - rows[0].Truth[0]), s_ml.StateSpace.EvaluateForecasts(s_ml.Data.TakeRows(s_ml.Data.LoadFromEnumerable(
            rows.Select(r => new Bare { Truth = r.Truth, Drawn = r.Paths })), 1), options with { PastColumnName = null, PathsColumnName = "Drawn" }).At(1, 0).MeanAbsoluteError, 1e-6);
    }

    [TestMethod]
    public void ForecastsOfTheCatalogAreFoundByTheirColumns()
    {
        var rows = Make(4, 25);
        var cut = rows.Select(r => new Truthful { Name = r.Name, Observations = r.Observations[..^2], Controls = r.Controls, Truth = r.Observations[^2..] }).ToList();
        var forecast = s_ml.StateSpace.Forecast(s_driven, s_ml.Data.LoadFromEnumerable(cut), new ForecastOptions { Horizon = 2, Quantiles = [0.1, 0.9], Paths = 32 });
        var metrics = s_ml.StateSpace.EvaluateForecasts(forecast, new ForecastEvaluationOptions { PastColumnName = "Observations" });
        CollectionAssert.AreEqual(new[] { 0.1, 0.9 }, metrics.Overall.Quantiles.Select(q => q.Probability).ToArray());
        Assert.AreEqual((4, 2, 1), (metrics.Forecasts, metrics.Horizon, metrics.ObservationSize));
        float[][] low = [.. forecast.GetColumn<float[]>("Quantile_0.1")], high = [.. forecast.GetColumn<float[]>("Quantile_0.9")];
        double inside = Enumerable.Range(0, 4).Average(i => Enumerable.Range(0, 2).Average(h => low[i][h] <= cut[i].Truth[h] && cut[i].Truth[h] <= high[i][h] ? 1.0 : 0));
        Assert.AreEqual(inside, metrics.Overall.Intervals[0].Coverage, 1e-12, "the ends of 80 per cent are these quantiles");
        Assert.AreEqual(8, metrics.Overall.Pit.Sum());
    }

    [TestMethod]
    public void FaultsNameRowColumnAndOption()
    {
        var rows = new List<Table> { new() { Truth = [1, 2], ForecastMean = [1, 2], Paths = [1, 2, 3, 4], Past = [] }, new() { Truth = [1, 2], ForecastMean = [1, 2, 3], Paths = [1, 2], Past = [] } };
        string Fault() => Assert.ThrowsExactly<SequenceFormatException>(() =>
            s_ml.StateSpace.EvaluateForecasts(s_ml.Data.LoadFromEnumerable(rows), new ForecastEvaluationOptions { ObservationSize = 1 })).Message;
        StringAssert.Contains(Fault(), "row 1: column 'ForecastMean': there are 3 numbers, but 2 of the truth");
        rows[1].ForecastMean = [1, float.NaN];
        StringAssert.Contains(Fault(), "row 1: the forecast is NaN, 2 steps ahead, dimension 0");
        rows[1].Truth = [1, 2, 3];
        rows[1].ForecastMean = [1, 2, 3];
        rows[1].Paths = [1, 2, 3];
        StringAssert.Contains(Fault(), "row 1: the truth has 3 steps, that of the first row 2");
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(() => s_ml.StateSpace.EvaluateForecasts(s_ml.Data.LoadFromEnumerable(rows),
            new ForecastEvaluationOptions { ObservationSize = 0, Metrics = new() { PitBins = 0 } })).Message, "ObservationSize is 0");
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(() => s_ml.StateSpace.Backtest(s_driven, View(Make(1, 9)), new BacktestOptions { Horizon = 0 })).Message, "Horizon is 0");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => s_ml.StateSpace.Backtest(s_driven, View(Make(1, 9)), new BacktestOptions { Horizon = 9 })).Message,
            "No sequence has an origin: 9 steps are forecast after 1 or more, and the longest sequence has 9");
        StringAssert.Contains(Assert.ThrowsExactly<ArithmeticException>(() => s_ml.StateSpace.Backtest(View(Make(1, 9)), Columns, new BacktestOptions { Baselines = [new Watcher { Value = float.PositiveInfinity }] })).Message,
            "Method 'watcher', sequence 'row 0', origin");
    }

    [TestMethod]
    public void ACancelledBacktestStops()
    {
        using var source = new CancellationTokenSource();
        var watcher = new Watcher { OnForecast = source.Cancel };
        var options = new BacktestOptions { FirstOrigin = 2, Stride = 1, Baselines = [watcher], CancellationToken = source.Token };
        Assert.ThrowsExactly<OperationCanceledException>(() => s_ml.StateSpace.Backtest(View(Make(5, 60)), Columns, options));
        Assert.IsLessThan(200, watcher.Contexts.Count);
    }

    private static SequenceColumns Columns => new("Observations", SequenceId: "Name", ObservationSize: 1, Controls: "Controls", ControlSize: 1);

    private static DeepMarkovTrainer.Options Options() => Tests.Trainers.Rows.Options(epochs: 2) with
    {
        ObservationSize = 1, MaskColumnName = null, ControlColumnName = "Controls", ControlSize = 1,
        Generative = new DeepMarkovModel { LatentSize = 2, Conditioning = new Conditioning() },
    };

    private static List<DrivenRow> Make(int count, int steps)
    {
        var random = new Random(17);
        return [.. Enumerable.Range(0, count).Select(i => new DrivenRow
        {
            Name = $"row {i}",
            Observations = [.. Enumerable.Range(0, steps).Select(t => (float)(Math.Sin(i + 0.7 * t) + 0.2 * random.Normal()))],
            Controls = [.. Enumerable.Range(0, steps).Select(t => (float)Math.Cos(i + 0.7 * t))],
        })];
    }

    private static IDataView View(IEnumerable<DrivenRow> rows) => s_ml.Data.LoadFromEnumerable(rows.ToList());

    /// <summary>Forecasts a constant, and remembers what it was given.</summary>
    private sealed class Watcher : IForecastMethod, IForecaster
    {
        private int _horizon;

        public List<ForecastTraining> Trainings { get; } = [];

        public List<Sequence> Contexts { get; } = [];

        public float Value { get; init; }

        public Action? OnForecast { get; init; }

        public string Name => "watcher";

        public IForecaster Fit(ForecastTraining training, ForecastQuestion question, CancellationToken cancellation)
        {
            Trainings.Add(training);
            _horizon = question.Horizon;
            return this;
        }

        public IReadOnlyList<ProbabilisticForecast> Forecast(IReadOnlyList<Sequence> contexts)
        {
            Contexts.AddRange(contexts);
            OnForecast?.Invoke();
            return [.. contexts.Select(_ => new ProbabilisticForecast([.. Enumerable.Repeat(Value, _horizon)], [], []))];
        }

        public void Dispose()
        {
        }
    }

    private sealed class DrivenRow
    {
        public string Name { get; set; } = "";

        public float[] Observations { get; set; } = [];

        public float[] Controls { get; set; } = [];
    }

    private sealed class Truthful
    {
        public string Name { get; set; } = "";

        public float[] Observations { get; set; } = [];

        public float[] Controls { get; set; } = [];

        public float[] Truth { get; set; } = [];
    }

    private sealed class Table
    {
        public float[] Truth { get; set; } = [];

        public float[] ForecastMean { get; set; } = [];

        public float[] Paths { get; set; } = [];

        public float[] Past { get; set; } = [];
    }

    private sealed class Bare
    {
        public float[] Truth { get; set; } = [];

        public float[] Drawn { get; set; } = [];

        public float[] Low { get; set; } = [];
    }
}
