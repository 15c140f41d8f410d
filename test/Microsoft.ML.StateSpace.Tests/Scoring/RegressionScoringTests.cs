using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Streaming;
using Microsoft.ML.StateSpace.Tests.Models;
using Microsoft.ML.StateSpace.Trainers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Scoring;

/// <summary>A regression on controls inside the standardisation: of x + W u the model says what it says of x, and W u more.</summary>
[TestClass]
public class RegressionScoringTests
{
    private const int Horizon = 3, Size = 2;

    private static readonly double[][] s_weights = [[0.5, -2], [30, 7]];

    private static readonly SequenceScaling s_plain = new(new ColumnScale([3, -20], [0.25, 16]), new ColumnScale([0.5, -2], [0.2, 3]), null);

    private static readonly SequenceScaling s_regressed = s_plain with { Regression = s_weights };

    private static readonly Lazy<List<Sequence>> s_rows = new(() => LinearGaussianCase.Sequences(0.3, controls: 2, horizon: Horizon));

    [TestMethod]
    [DataRow(FilterMethod.Auto)]
    [DataRow(FilterMethod.Particle)]
    public void EveryOutputIsThatOfTheRemainderWithTheRegressionAdded(FilterMethod filter)
    {
        using var scope = NewDisposeScope();
        using var networks = Networks(s_plain);
        using var regressed = Networks(s_regressed);
        var options = new ScoringOptions { Horizon = Horizon, Filter = filter, Particles = 16, SamplePaths = 2 };
        var columns = ScoreColumns.Of(options);
        var all = columns.Aggregate(ScoreOutputs.None, (sum, column) => sum | column.Output);
        var rows = s_rows.Value;
        SequenceScores[] expected = new SequenceScorer(networks, options, CPU).Score(rows, all);
        SequenceScores[] actual = new SequenceScorer(regressed, options, CPU).Score([.. rows.Select(WithRegression)], all);
        ScoreOutputs[] observed = [ScoreOutputs.Forecast, ScoreOutputs.ForecastLower, ScoreOutputs.ForecastUpper, ScoreOutputs.ForecastQuantiles, ScoreOutputs.ForecastPaths];
        for (int i = 0; i < rows.Count; i++)
            foreach (var column in columns)
            {
                float[] added = observed.Contains(column.Output) ? Added(rows[i].Inputs, rows[i].Length, Horizon)
                    : column.Output == ScoreOutputs.Imputed ? Added(rows[i].Inputs, 0, rows[i].Steps) : [0];
                AssertClose([.. column.Values(expected[i]).Select((v, k) => v + added[k % added.Length])], column.Values(actual[i]), $"{column.Name} of row {i}");
            }
    }

    [TestMethod]
    public void ForecastsByOtherControlsAndSamplesHaveIt()
    {
        using var scope = NewDisposeScope();
        using var networks = Networks(s_plain);
        using var regressed = Networks(s_regressed);
        var plan = new SequenceInputs(2, [.. Enumerable.Range(0, 2 * Horizon).Select(k => k * 0.3f)]);
        var (options, scoring) = (new ForecastOptions { Quantiles = [0.1, 0.7], Paths = 3 }, new ScoringOptions { Horizon = Horizon, Particles = 16 });
        var rows = s_rows.Value;
        var a = new SequenceForecaster(networks, options, scoring, CPU).Forecast([.. rows.Select(r => new ForecastRow(r, plan))]);
        var b = new SequenceForecaster(regressed, options, scoring, CPU).Forecast([.. rows.Select(r => new ForecastRow(WithRegression(r), plan))]);
        float[] added = Added(plan, 0, Horizon);
        for (int i = 0; i < rows.Count; i++)
        {
            AssertClose(Plus(a[i].Mean, added), b[i].Mean, "mean");
            AssertClose(Plus(a[i].Quantiles[1], added), b[i].Quantiles[1], "quantile");
            AssertClose(Plus(a[i].Paths, added), b[i].Paths, "paths");
            Assert.AreEqual(a[i].LogLikelihood, b[i].LogLikelihood, 1e-4 * Math.Abs(a[i].LogLikelihood));
        }

        SampledSequence Sample(StateSpaceNetworks of, Sequence prefix) => new Sampler(of, new SampleOptions { Samples = 1, Length = 6, PrefixLength = 4 },
            new ScoringOptions { Particles = 16 }, CPU).Continue([new SamplePrefix("x", prefix.Slice(0, 4), null)]).Single();
        AssertClose(Plus(Sample(networks, rows[0]).Observations, Added(rows[0].Inputs, 0, 6)), Sample(regressed, WithRegression(rows[0])).Observations, "sample");
    }

    [TestMethod]
    public void AStreamHasIt()
    {
        using var scope = NewDisposeScope();
        using var networks = Networks(s_plain);
        using var regressed = Networks(s_regressed);
        var (row, scoring) = (s_rows.Value[0], new ScoringOptions { Horizon = Horizon });
        var (found, forecast) = Stream(networks, scoring, row);
        var (same, further) = Stream(regressed, scoring, WithRegression(row));
        for (int t = 0; t < found.Count; t++)
        {
            AssertClose([.. found[t].Mean], [.. same[t].Mean], $"step {t}");
            Assert.AreEqual(found[t].LogLikelihood, same[t].LogLikelihood, 1e-3);
        }
        AssertClose(Plus([.. forecast.Mean], Added(row.Inputs, row.Length, Horizon)), [.. further.Mean], "forecast");
    }

    private static (List<FilteredStep> Steps, SeriesForecast Forecast) Stream(StateSpaceNetworks networks, ScoringOptions scoring, Sequence row)
    {
        var bank = new SeriesBank(StepFilterChoice.Of(networks, scoring, false, CPU), networks.Generative.Data, _ => null, null, networks.Scaling, CPU);
        List<FilteredStep> steps = [];
        for (int t = 0; t < row.Length; t++)
            steps.Add(bank.Observe([new SeriesObservation("a", [.. Enumerable.Range(0, Size).Select(d => row.IsObserved(t, d) ? row.Observations[t * Size + d] : float.NaN)])
            {
                Controls = row.Inputs.ControlsOf(t).ToArray(),
            }]).Single());
        var future = new SeriesFuture("a") { Controls = new Future(row.Inputs, row.Length).ControlsUntil(Horizon) };
        return (steps, bank.Forecast([future], Horizon, [], 0).Single());
    }

    // x + W u for standardised controls u.
    private static Sequence WithRegression(Sequence row)
    {
        float[] added = Added(row.Inputs, 0, row.Steps);
        bool[] observed = [.. Enumerable.Range(0, added.Length).Select(i => row.IsObserved(i / Size, i % Size))];
        return new Sequence(Size, Plus([.. row.Observations], added), observed, row.Id, row.Inputs);
    }

    private static float[] Added(SequenceInputs inputs, int first, int steps)
    {
        var standardised = inputs.Scaled(s_plain);
        return [.. Enumerable.Range(first, steps).SelectMany(t =>
        {
            float[] u = standardised.ControlsOf(t).ToArray();
            return s_weights.Select(w => (float)w.Zip(u, (a, b) => a * b).Sum());
        })];
    }

    private static float[] Plus(float[] values, float[] added) => [.. values.Select((v, k) => v + added[k % added.Length])];

    private static StateSpaceNetworks Networks(SequenceScaling scaling)
    {
        var model = LinearGaussianCase.Make(diagonal: true, controls: 2, type: ScalarType.Float32);
        var (exact, initializer) = (new ExactInference(), new Microsoft.ML.StateSpace.Networks.Initializer(1));
        return new(model, exact.Create(model, false, initializer), exact.FilteringForm!.Create(model, false, initializer)) { Scaling = scaling };
    }

    private static void AssertClose(float[] expected, float[] actual, string what)
    {
        Assert.AreEqual(expected.Length, actual.Length, what);
        for (int k = 0; k < expected.Length; k++)
            Assert.IsTrue(expected[k].Equals(actual[k]) || Math.Abs(expected[k] - actual[k]) <= 2e-3 * Math.Max(1, Math.Abs(expected[k])),
                $"{what}[{k}]: {expected[k]} and {actual[k]}");
    }
}
