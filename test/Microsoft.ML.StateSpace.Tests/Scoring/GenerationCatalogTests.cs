using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Trainers;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Scoring;

/// <summary>Sampling and forecasting as a user of the library calls them.</summary>
[TestClass]
public class GenerationCatalogTests
{
    private static readonly MLContext s_ml = new(seed: 1);
    private static DeepMarkovTransformer s_plain = null!;
    private static DeepMarkovTransformer s_driven = null!;

    [ClassInitialize]
    public static void Train(TestContext context)
    {
        s_plain = s_ml.StateSpace.Trainers.DeepMarkov(Rows.Options(epochs: 1)).Fit(s_ml.Data.LoadFromEnumerable(Rows.Make(20)));
        s_driven = s_ml.StateSpace.Trainers.DeepMarkov(Rows.Options(epochs: 1) with
        {
            ControlColumnName = "Controls",
            ControlSize = 1,
            Generative = new DeepMarkovModel { LatentSize = 2, Conditioning = new Conditioning() },
        }).Fit(View(Driven(20, 0)));
    }

    [ClassCleanup]
    public static void Dispose()
    {
        s_plain.Dispose();
        s_driven.Dispose();
    }

    [TestMethod]
    public void ForecastsAreTheTransformersOwn()
    {
        var rows = Rows.Make(9, seed: 8);
        var scored = Read<ScoredRow>(s_plain.Transform(View(rows)));
        var forecast = s_ml.StateSpace.Forecast(s_plain, View(rows), new ForecastOptions { Quantiles = [0.05, 0.95] });
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 2, 2), forecast.Schema["ForecastMean"].Type);
        for (int i = 0; i < rows.Count; i++)
        {
            AssertClose(scored[i].Forecast, Column(forecast, "ForecastMean")[i]);
            AssertClose(scored[i].ForecastLower, Column(forecast, "Quantile_0.05")[i]);
            AssertClose(scored[i].ForecastUpper, Column(forecast, "Quantile_0.95")[i]);
        }
    }

    [TestMethod]
    [DataRow(FilterMethod.Auto)]
    [DataRow(FilterMethod.Unscented)]
    public void AModelFilteredWithoutParticlesDrawsThemFromItsGaussian(FilterMethod filter)
    {
        const int Paths = 4000;
        var rows = Rows.Make(4, seed: 8);
        using var model = s_ml.StateSpace.Trainers.DeepMarkov(Rows.Options(epochs: 1) with
        {
            Filter = filter,
            Particles = Paths,
            Generative = new LinearGaussianModel { LatentSize = 2, DiagonalCovariances = true },
        }).Fit(View(Rows.Make(20)));
        var scored = Read<ScoredRow>(model.Transform(View(rows)));
        var forecast = s_ml.StateSpace.Forecast(model, View(rows), new ForecastOptions { Quantiles = [0.05, 0.2, 0.95], Paths = Paths });
        var (means, low, paths) = (Column(forecast, "ForecastMean"), Column(forecast, "Quantile_0.2"), Column(forecast, "Paths"));
        var drawn = Read<SampledSequence>(s_ml.StateSpace.Sample(model, new SampleOptions { Samples = Paths, Length = 5, PrefixLength = 3, Prefixes = 1 }, View(rows)));
        var cut = new Row { Name = rows[0].Name, Observations = rows[0].Observations[..6], Mask = rows[0].Mask[..3] };
        var after = Column(s_ml.StateSpace.Forecast(model, View([cut]), new ForecastOptions { Quantiles = [0.2] }), "ForecastMean")[0];
        for (int k = 0; k < 4; k++)
        {
            for (int i = 0; i < rows.Count; i++)
            {
                Assert.AreEqual(scored[i].ForecastLower[k], Column(forecast, "Quantile_0.05")[i][k], 1e-5);
                Assert.AreEqual(scored[i].ForecastUpper[k], Column(forecast, "Quantile_0.95")[i][k], 1e-5);
                AssertMean(means[i][k], [.. Enumerable.Range(0, Paths).Select(n => (double)paths[i][n * 4 + k])]);
                AssertMean(0.2, [.. Enumerable.Range(0, Paths).Select(n => paths[i][n * 4 + k] < low[i][k] ? 1.0 : 0)]);
            }
            AssertMean(after[k], [.. drawn.Select(r => (double)r.Observations[6 + k])]);
        }
    }

    [TestMethod]
    public void TheHorizonIsFreeAndPathsAreWhatQuantilesAreOf()
    {
        var rows = Rows.Make(5, seed: 8);
        var options = new ForecastOptions { Horizon = 5, Quantiles = [0.25], Paths = 64, Particles = 64 };
        var forecast = s_ml.StateSpace.Forecast(s_plain, View(rows), options);
        var near = Column(s_ml.StateSpace.Forecast(s_plain, View(rows), options with { Horizon = 2, Paths = 0 }), "ForecastMean");
        var (means, quantiles, paths) = (Column(forecast, "ForecastMean"), Column(forecast, "Quantile_0.25"), Column(forecast, "Paths"));
        var few = Column(s_ml.StateSpace.Forecast(s_plain, View(rows), options with { Paths = 3 }), "Paths");
        for (int i = 0; i < rows.Count; i++)
        {
            AssertClose(near[i], means[i][..4], "the first steps do not depend on the horizon");
            CollectionAssert.AreEqual(paths[i][..(3 * 10)], few[i], "the first paths do not depend on how many there are");
            for (int k = 0; k < 10; k++)
            {
                float[] sorted = [.. Enumerable.Range(0, 64).Select(n => paths[i][n * 10 + k]).Order()];
                // 0.25 · 63 = 15.75
                Assert.AreEqual(0.25 * sorted[15] + 0.75 * sorted[16], quantiles[i][k], 1e-5);
            }
        }
    }

    [TestMethod]
    public void FourPrefixesContinuedFourTimesAreSixteenRows()
    {
        var rows = Rows.Make(9, seed: 8);
        var options = new SampleOptions { Samples = 4, Prefixes = 4, PrefixLength = 3, Length = 6 };
        var chain = s_ml.Transforms.CopyColumns("Same", "Observations").Fit(View(rows)).Append(s_plain);
        var drawn = s_ml.StateSpace.Sample(chain, options, View(rows));
        var first = Read<SampledSequence>(drawn);
        Assert.AreEqual(16, first.Count);
        for (int i = 0; i < 16; i++)
        {
            Assert.AreEqual($"row {i / 4}", first[i].PrefixId);
            Assert.AreEqual(i % 4, first[i].Sample);
            Assert.AreEqual(6 * 2, first[i].Observations.Length);
            CollectionAssert.AreEqual(rows[i / 4].Observations[..6].ToArray(), first[i].Observations[..6], "three observed steps");
        }
        foreach (var (one, two) in first.Zip(Read<SampledSequence>(drawn)))
            CollectionAssert.AreEqual(one.Observations, two.Observations, "every cursor sees the same rows");
        // The model that drew them takes them.
        Assert.AreEqual(16, Read<SampledSequence>(s_ml.StateSpace.Sample(s_plain, options with { Samples = 1, Prefixes = 16 },
            View(first.Select(r => new Row { Name = r.SequenceId, Observations = r.Observations, Mask = [.. Enumerable.Repeat(true, 6)] })))).Count);
    }

    [TestMethod]
    public void ControlsAreFoundByIdAndEqualOnesChangeNothing()
    {
        var rows = Driven(4, spare: 3);
        List<Driven> future = [.. rows.Select(r => new Driven { Name = r.Name, Controls = r.Controls[^3..] })];
        future.Reverse();
        var options = new ForecastOptions { Horizon = 3 };
        var own = Column(s_ml.StateSpace.Forecast(s_driven, View(rows), options), "ForecastMean");
        var given = Column(s_ml.StateSpace.Forecast(s_driven, View(rows), options, View(future)), "ForecastMean");
        future[0].Controls[2] += 5;
        var changed = Column(s_ml.StateSpace.Forecast(s_driven, View(rows), options, View(future)), "ForecastMean");
        for (int i = 0; i < 4; i++)
            CollectionAssert.AreEqual(own[i], given[i]);
        CollectionAssert.AreEqual(own[0], changed[0]);
        CollectionAssert.AreEqual(own[3][..4], changed[3][..4]);
        CollectionAssert.AreNotEqual(own[3], changed[3], "the last row, which stands first in the controls");

        // One row without an id serves all, from nothing as well.
        var all = s_ml.Data.LoadFromEnumerable(new[] { new ControlsAlone { Controls = [1, 2, 3, 4] } });
        Assert.AreEqual(5, Read<SampledSequence>(s_ml.StateSpace.Sample(s_driven, new SampleOptions { Samples = 5, Length = 4 }, controls: all)).Count);
    }

    [TestMethod]
    [DynamicData(nameof(Faults))]
    public void WhatMakesNoSenseIsRefusedByName(string named, Action<StateSpaceCatalog> call)
    {
        var error = Assert.Throws<Exception>(() => call(s_ml.StateSpace));
        StringAssert.Contains(error.Message, named);
        Assert.IsTrue(error is OptionsException or SequenceFormatException, error.ToString());
    }

    public static IEnumerable<object[]> Faults
    {
        get
        {
            var length = new SampleOptions { Length = 6 };
            foreach ((string named, SampleOptions options) in new[]
            {
                ("Samples is 0", length with { Samples = 0 }),
                ("Length is 0", length with { Length = 0 }),
                ("PrefixLength is 3, but there are no prefixes", length with { PrefixLength = 3 }),
                ("Prefixes is 3, but there are no prefixes", length with { Prefixes = 3 }),
                ("Particles is 0", length with { Particles = 0 }),
                ("Mode is 7", length with { Mode = (SampleMode)7 }),
                ("TimeGap is -1", length with { TimeGap = -1 }),
            })
                yield return Fault(named, c => c.Sample(s_plain, options));
            foreach ((string named, SampleOptions options) in new[]
            {
                ("PrefixLength is 0", length),
                ("Length is 6; it counts the prefix too", length with { PrefixLength = 6 }),
                ("Prefixes is 0", length with { PrefixLength = 2, Prefixes = 0 }),
                ("Prefixes is 5, but the data has 3 rows", length with { PrefixLength = 2, Prefixes = 5 }),
                ("row 0 ('row 0'), column 'Observations': the prefix has 40 steps, but the sequence only", length with { PrefixLength = 40, Length = 50 }),
            })
                yield return Fault(named, c => c.Sample(s_plain, options, View(Rows.Make(3))));
            var two = length with { PrefixLength = 2, Length = 12 };
            yield return Fault("controls", c => c.Sample(s_driven, length));
            yield return Fault("row 0 ('row 0'), column 'Controls': 10 steps after the first 2 need controls for 12 steps, but there are 6", c => c.Sample(s_driven, two, View(Driven(2, 0))));
            yield return Fault("row 1, column 'Controls': 6 steps are drawn or forecast, but there are controls for 5",
                c => c.Sample(s_driven, length, null, s_ml.Data.LoadFromEnumerable(new[] { new ControlsAlone { Controls = new float[6] }, new ControlsAlone { Controls = new float[5] } })));
            yield return Fault("have 2 rows, and none for row 2",
                c => c.Sample(s_driven, length with { Samples = 3 }, null, s_ml.Data.LoadFromEnumerable(new[] { new ControlsAlone { Controls = new float[6] }, new ControlsAlone { Controls = new float[6] } })));
            yield return Fault("no row of the id 'row 1'", c => c.Sample(s_driven, two with { Length = 3 }, View(Driven(2, 0)), View(Driven(1, 0))));
            yield return Fault("the model reads none", c => c.Sample(s_plain, length, null, View(Driven(1, 0))));
            yield return Fault("another row has the same id", c => c.Sample(s_driven, length, null, View(Driven(1, 0).Concat(Driven(1, 0)))));
            yield return Fault("a control is missing", c => c.Sample(s_driven, length, null, s_ml.Data.LoadFromEnumerable(new[] { new ControlsAlone { Controls = [1, 2, float.NaN, 4, 5, 6] } })));
            foreach ((string named, ForecastOptions options) in new[]
            {
                ("Horizon is 0", new ForecastOptions { Horizon = 0 }),
                ("Quantiles holds 1;", new ForecastOptions { Quantiles = [0.5, 1] }),
                ("Quantiles holds 0.5 more than once", new ForecastOptions { Quantiles = [0.5, 0.5] }),
                ("Particles is 0", new ForecastOptions { Particles = 0 }),
                ("Paths is -1", new ForecastOptions { Paths = -1 }),
                ("Paths is 65; there is one for each particle at most, and Particles is 64", new ForecastOptions { Paths = 65 }),
            })
                yield return Fault(named, c => c.Forecast(s_plain, View(Rows.Make(2)), options));
            yield return Fault("row 0 ('row 0'), column 'Controls': 4 steps after the first 6 need controls for 10 steps, but there are 9",
                c => Column(c.Forecast(s_driven, View(Driven(2, 3)), new ForecastOptions { Horizon = 4 }), "ForecastMean"));
        }
    }

    private static object[] Fault(string named, Action<StateSpaceCatalog> call) => [named, call];

    private static List<Driven> Driven(int count, int spare) =>
    [
        .. Rows.Make(count, seed: 4).Select((r, i) => new Driven
        {
            Name = r.Name,
            Observations = [.. Enumerable.Range(0, 12).Select(k => (float)Math.Sin(i + k / 2))],
            Mask = [.. Enumerable.Repeat(true, 6)],
            Controls = [.. Enumerable.Range(0, 6 + spare).Select(t => (float)Math.Cos(i + t))],
        }),
    ];

    private static IDataView View<T>(IEnumerable<T> rows) where T : class => s_ml.Data.LoadFromEnumerable(rows);

    private static List<T> Read<T>(IDataView view) where T : class, new() => [.. s_ml.Data.CreateEnumerable<T>(view, reuseRowObject: false)];

    private static List<float[]> Column(IDataView view, string name) => [.. view.GetColumn<float[]>(name)];

    private static void AssertMean(double expected, double[] values)
    {
        double mean = values.Average();
        Assert.AreEqual(expected, mean, 5 * Math.Sqrt(values.Average(v => (v - mean) * (v - mean)) / values.Length));
    }

    private static void AssertClose(float[] expected, float[] actual, string message = "")
    {
        Assert.AreEqual(expected.Length, actual.Length);
        for (int k = 0; k < expected.Length; k++)
            Assert.AreEqual(expected[k], actual[k], 1e-5f, message);
    }
}

/// <summary>A row of six steps of two numbers, with controls for these and perhaps more.</summary>
internal sealed class Driven
{
    public string Name { get; set; } = "";

    public float[] Observations { get; set; } = [];

    public bool[] Mask { get; set; } = [];

    public float[] Controls { get; set; } = [];
}

internal sealed class ControlsAlone
{
    public float[] Controls { get; set; } = [];
}
