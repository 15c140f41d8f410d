using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Streaming;
using Microsoft.ML.StateSpace.Tests.Contracts;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Streaming;

/// <summary>Many series in one filter: nothing of one reaches another.</summary>
[TestClass]
public class ManySeriesTests
{
    // The first of them every step, every other one every second step, one removed on the way.
    [TestMethod]
    public void AThousandSeriesAreEachAsIfAlone()
    {
        using var model = StreamingModel.Small();
        Sequence[] rows = [.. Enumerable.Range(0, 1000).Select(i => StreamingModel.Row($"series-{i}", 4, model, missing: i % 3 == 0))];
        using var together = StreamingModel.Filter(model);
        var found = rows.ToDictionary(row => row.Id!, _ => new List<FilteredStep>());
        for (int call = 0; call < 4; call++)
        {
            SeriesObservation[] some = [.. rows.Where((_, i) => i % 2 == 0 || call % 2 == 0).Reverse().Select(row => StreamingModel.Step(row, found[row.Id!].Count))];
            var steps = together.Observe(some);
            Assert.AreEqual(some.Length, steps.Count);
            for (int i = 0; i < some.Length; i++)
            {
                Assert.AreEqual(some[i].Series, steps[i].Series);
                found[some[i].Series].Add(steps[i]);
            }
        }
        Assert.AreEqual(1000, together.Series.Count);
        using var alone = StreamingModel.Filter(model);
        foreach (int i in new[] { 0, 1, 2, 3, 333, 500, 767, 998, 999 })
        {
            var steps = found[rows[i].Id!];
            Assert.AreEqual(i % 2 == 0 ? 4 : 2, steps.Count);
            for (int t = 0; t < steps.Count; t++)
                AssertSame(alone.Observe(StreamingModel.Step(rows[i], t)), steps[t]);
        }
    }

    // Rows of a step at which some begin, some go on, and some miss a value, for models with a path, controls and gaps.
    [TestMethod]
    [DataRow("vrnn", "filtering-path", FilterMethod.Particle, 0)]
    [DataRow("srnn", "filtering-path-res", FilterMethod.Particle, 0)]
    [DataRow("dmm-mlp-controls-sum-gap", "st-l-gru", FilterMethod.Particle, 0)]
    [DataRow("dmm-linear-controls", "mf-l-lstm", FilterMethod.Particle, 0)]
    [DataRow("dmm-gated", "avf-gradient", FilterMethod.Particle, 0)]
    [DataRow("linear-gaussian", "exact-filtering", FilterMethod.Particle, 1e-5)]
    [DataRow("linear-gaussian", "exact-filtering", FilterMethod.Auto, 0)]
    [DataRow("dmm-mlp-controls-sum-gap", "st-l-gru", FilterMethod.Unscented, 1e-5)]
    public void SeriesOfAnyAgeGoTogether(string name, string network, FilterMethod method, double tolerance)
    {
        using var model = StreamingModel.Of(Parts.Models[name].Make(Parts.Emissions["gaussian"]), Parts.Networks[network], 4, filter: method);
        Sequence[] rows = [.. Enumerable.Range(0, 7).Select(i => StreamingModel.Row($"{i}", 6, model, missing: i % 2 == 0))];
        using var together = StreamingModel.Filter(model);
        using var alone = StreamingModel.Filter(model);
        for (int call = 0; call < 6; call++)
        {
            Sequence[] running = [.. rows.Take(call + 2)];
            var steps = together.Observe([.. running.Select((row, i) => StreamingModel.Step(row, i < 2 ? call : call + 1 - i))]);
            for (int i = 0; i < running.Length; i++)
                AssertSame(alone.Observe(StreamingModel.Step(running[i], (int)steps[i].Step)), steps[i], tolerance);
        }
    }

    [TestMethod]
    public void ARemovedSeriesBeginsAnew()
    {
        using var model = StreamingModel.Small();
        var row = StreamingModel.Row("a", 3, model, missing: false);
        using var filter = StreamingModel.Filter(model);
        var first = StreamingModel.Steps(row).Select(filter.Observe).ToList();
        Assert.IsTrue(filter.Remove("a"));
        Assert.IsFalse(filter.Remove("a"));
        Assert.AreEqual(0, filter.Series.Count);
        foreach (var (step, t) in first.Select((step, t) => (step, t)))
            AssertSame(step, filter.Observe(StreamingModel.Step(row, t)));
    }

    [TestMethod]
    public void NoiseBelongsToTheName()
    {
        using var model = StreamingModel.Small();
        using var filter = StreamingModel.Filter(model);
        var steps = filter.Observe([new("a", [1, 2]), new("b", [1, 2])]);
        Assert.AreNotEqual(steps[0].LogLikelihood, steps[1].LogLikelihood);
        using var seeded = StreamingModel.Filter(model, new FilterOptions { Seed = 77 });
        Assert.AreNotEqual(steps[0].LogLikelihood, seeded.Observe(new SeriesObservation("a", [1, 2])).LogLikelihood);
    }

    [TestMethod]
    public void WhatDoesNotFitIsRefusedAndChangesNothing()
    {
        using var model = StreamingModel.Of(Parts.Models["dmm-mlp-controls-sum-gap"].Make(Parts.Emissions["poisson"]), Parts.Networks["st-l-gru"], 2);
        using var filter = StreamingModel.Filter(model);
        SeriesObservation Good(double time) => new("pump", [1, 2]) { Time = time, Controls = [0.5f] };
        var first = filter.Observe(Good(3));
        void Refused(SeriesObservation bad, params string[] words)
        {
            // Beside it one that would be taken in.
            var e = Assert.ThrowsExactly<SequenceFormatException>(() => filter.Observe([Good(4) with { Series = "other" }, bad]));
            foreach (string word in words)
                StringAssert.Contains(e.Message, word);
        }
        Refused(Good(4) with { Values = [1] }, "series 'pump'", "step 1", "1 numbers");
        Refused(Good(4) with { Values = [1, float.PositiveInfinity] }, "series 'pump'", "step 1, dimension 1", "infinite");
        Refused(Good(4) with { Values = [1, -2] }, "series 'pump'", "step 1, dimension 1", "-2");
        Refused(Good(4) with { Mask = [true, true, true] }, "mask has 3");
        Refused(Good(4) with { Controls = null }, "series 'pump'", "0 controls");
        Refused(Good(4) with { Controls = [float.NaN] }, "NaN");
        Refused(Good(4) with { Time = null }, "reads times");
        Refused(Good(2), "step 1", "2 after 3");
        Refused(Good(4) with { Series = "" }, "no name");
        Refused(Good(4) with { Series = new string('x', 2000) }, "2000 characters");
        Refused(Good(4) with { Series = "other" }, "'other' is named twice");
        CollectionAssert.AreEqual(new[] { "pump" }, filter.Series.ToArray());
        StringAssert.Contains(Assert.ThrowsExactly<SequenceFormatException>(() => filter.Forecast("pump")).Message, "0 controls");
        StringAssert.Contains(Assert.ThrowsExactly<SequenceFormatException>(() =>
            filter.Forecast([new SeriesFuture("pump") { Controls = [1, 1], Times = [5, 4] }])).Message, "4 after 5");
        StringAssert.Contains(Assert.ThrowsExactly<KeyNotFoundException>(() => filter.Forecast("other")).Message, "'other'");
        // As if nothing of it had been.
        using var calm = StreamingModel.Filter(model);
        AssertSame(calm.Observe(Good(3)), first);
        AssertSame(calm.Observe(Good(4)), filter.Observe(Good(4)));
    }

    [TestMethod]
    public void AnObservationWithoutALikelihoodIsRefusedAndChangesNothing()
    {
        using var model = StreamingModel.Small();
        using var filter = StreamingModel.Filter(model);
        using var calm = StreamingModel.Filter(model);
        AssertSame(calm.Observe(new SeriesObservation("a", [0, 1])), filter.Observe(new SeriesObservation("a", [0, 1])));
        var e = Assert.ThrowsExactly<NotFiniteNumberException>(() => filter.Observe([new("b", [0, 0]), new("a", [1e38f, 1])]));
        StringAssert.Contains(e.Message, "Series 'a', step 1");
        AssertSame(calm.Observe(new SeriesObservation("a", [1, 1])), filter.Observe(new SeriesObservation("a", [1, 1])));
        CollectionAssert.AreEqual(new[] { "a" }, filter.Series.ToArray());
    }

    [TestMethod]
    public void OptionsAreCheckedByName()
    {
        using var model = StreamingModel.Of(Parts.Models["vrnn"].Make(Parts.Emissions["gaussian"]), Parts.Networks["filtering-path"], 4);
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(() => StreamingModel.Filter(model, new FilterOptions { Particles = 0 })).Message, "Particles is 0");
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(() => StreamingModel.Filter(model, new FilterOptions { Filter = FilterMethod.Unscented })).Message, "Unscented");
        using var filter = StreamingModel.Filter(model);
        filter.Observe(new SeriesObservation("a", [0, 0, 0, 0]));
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(() => filter.Forecast("a", new ForecastOptions { Particles = 8 })).Message, "FilterOptions");
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(() => filter.Forecast("a", new ForecastOptions { Paths = 65 })).Message, "Paths is 65");
        using var other = StreamingModel.Of(Parts.Models["vrnn"].Make(Parts.Emissions["gaussian"]), new WholeSequenceInference(), 4);
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(() => StreamingModel.Filter(other)).Message, "ReadsByStep");
        filter.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => filter.Observe(new SeriesObservation("a", [0, 0, 0, 0])));
    }

    [TestMethod]
    public void AFilterOfADisposedModelSaysSo()
    {
        var model = StreamingModel.Small();
        using var filter = StreamingModel.Filter(model);
        model.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => filter.Observe(new SeriesObservation("a", [0, 0])));
    }

    internal static void AssertSame(FilteredStep expected, FilteredStep found, double tolerance = 0)
    {
        Assert.AreEqual(expected.Series, found.Series);
        Assert.AreEqual(expected.Step, found.Step);
        double[] Numbers(FilteredStep step) => [step.LogLikelihood, step.EffectiveSampleSize, .. step.Mean.Select(m => (double)m), .. step.Std.Select(s => (double)s)];
        foreach (var (a, b) in Numbers(expected).Zip(Numbers(found)))
            if (tolerance == 0)
                Assert.AreEqual(a, b, $"{expected.Series}, step {expected.Step}");
            else
                Assert.AreEqual(a, b, tolerance * Math.Max(1, Math.Abs(a)), $"{expected.Series}, step {expected.Step}");
    }
}
