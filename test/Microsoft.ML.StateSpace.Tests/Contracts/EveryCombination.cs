using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Trainers;
using TorchSharp;

namespace Microsoft.ML.StateSpace.Tests.Contracts;

/// <summary>Whatever the library allows to be combined trains, saves, loads, scores, forecasts and samples, on ragged batches with
/// missing values; whatever it does not allow is refused with a sentence before any training.</summary>
[TestClass]
public class EveryCombination
{
    public static IEnumerable<object[]> Rows => Combination.Pairwise.Select(c => new object[] { c.Model, c.Emission, c.Network, c.Bound });

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void Works(string model, string emission, string network, string bound) => Run(new Combination(model, emission, network, bound));

    /// <summary>The same by the way that everything goes on a device: in tensors alone, sequences resident, nothing looked at before its turn.</summary>
    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void WorksWithTheCpuInADevicesPlace(string model, string emission, string network, string bound)
    {
        using var standsIn = HostMemory.StandIn();
        Run(new Combination(model, emission, network, bound));
    }

    [TestMethod]
    public void ThePairwiseCoverIsSmallAndCovers()
    {
        Print($"combinations: {Combination.All.Count}, legal: {Combination.Legal.Count}, run as a pairwise cover: {Combination.Pairwise.Count}");
        Assert.IsTrue(Combination.Pairwise.Count <= 150, $"{Combination.Pairwise.Count} rows");
        foreach (var names in new Func<Combination, string>[] { c => c.Model, c => c.Emission, c => c.Network, c => c.Bound })
            CollectionAssert.AreEquivalent(Combination.All.Select(names).Distinct().ToArray(), Combination.Pairwise.Select(names).Distinct().ToArray());
    }

    [TestMethod]
    public void WhatIsRefusedIsRefusedInASentence()
    {
        var refused = Combination.All.Except(Combination.Legal).Select(c => (Combination: c, c.Fault)).ToList();
        Assert.IsTrue(refused.Count > 0);
        foreach (var (combination, fault) in refused)
        {
            StringAssert.EndsWith(fault, ".", $"{combination}");
            Assert.IsTrue(fault!.Split(' ').Length >= 5, $"{combination}: {fault}");
        }
    }

    [TestMethod]
    [TestCategory("Long")]
    public void TheWholeProductWorks()
    {
        var failures = new List<string>();
        foreach (var combination in Combination.Legal)
            try
            {
                Run(combination);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                failures.Add($"{combination}: {e.GetType().Name}: {e.Message}");
            }
        Print($"combinations: {Combination.All.Count}, legal: {Combination.Legal.Count}, run: all legal ones, failed: {failures.Count}");
        Assert.AreEqual(0, failures.Count, string.Join(Environment.NewLine, failures.Take(50)));
    }

    // A runner keeps what a passing test writes to itself; the counts are for whoever started it.
    private static void Print(string line)
    {
        using var output = new StreamWriter(Console.OpenStandardOutput());
        output.WriteLine(line);
    }

    private static void Run(Combination combination)
    {
        using var scope = torch.NewDisposeScope();
        UseAll(combination);
        Assert.AreEqual(0, scope.DisposablesCount, "tensors left behind in the caller's scope");
    }

    private static void UseAll(Combination combination)
    {
        var ml = TestDevice.Context(seed: 1);
        var data = ml.Data.LoadFromEnumerable(CombinationRow.Make(combination.ObservationSize));
        using var stream = new MemoryStream();
        float[] before;
        using (var model = ml.StateSpace.Trainers.DeepMarkov(combination.Options with { ValidationSet = data }).Fit(data))
        {
            Assert.AreEqual(combination.Updates, model.History.Epochs[0].Updates);
            ml.Model.Save(model, data.Schema, stream);
            before = Score(model.Transform(data));
        }
        stream.Position = 0;
        using var loaded = (DeepMarkovTransformer)ml.Model.Load(stream, out _);
        CollectionAssert.AreEqual(before, Score(loaded.Transform(data)));
        var bounds = ml.StateSpace.Evaluate(loaded, data, new EvaluationOptions { Particles = 2 });
        Assert.IsTrue(double.IsFinite(bounds.Elbo.PerStep) && double.IsFinite(bounds.ImportanceSampled.PerStep), $"{bounds}");
        AssertGenerates(ml, loaded, data, combination.ObservationSize);
    }

    // The rows serve as controls too, where the model reads any.
    private static void AssertGenerates(MLContext ml, DeepMarkovTransformer model, IDataView data, int size)
    {
        var controls = model.Options.ControlColumnName is null ? null : data;
        foreach (var mode in Enum.GetValues<SampleMode>())
            foreach (var (drawn, rows) in new[]
            {
                (ml.StateSpace.Sample(model, new SampleOptions { Samples = 2, Length = 3, Mode = mode }, controls: controls), 2),
                (ml.StateSpace.Sample(model, new SampleOptions { Samples = 3, Length = 3, PrefixLength = 1, Mode = mode }, data), 12),
            })
            {
                float[][] values = [.. drawn.GetColumn<float[]>(nameof(SampledSequence.Observations))];
                Assert.AreEqual(rows, values.Length);
                Assert.IsTrue(values.All(v => v.Length == 3 * size && v[^(2 * size)..].All(float.IsFinite)));
            }
        foreach (float[] paths in ml.StateSpace.Forecast(model, data, new ForecastOptions { Horizon = 2, Paths = 3 }).GetColumn<float[]>("Paths"))
            Assert.IsTrue(paths.Length == 3 * 2 * size && paths.All(float.IsFinite));
    }

    // Every output column, one after another: NaN only where a step is padding, which these rows have none of, or has no score.
    private static float[] Score(IDataView scored)
    {
        var numbers = new List<float>();
        foreach (var column in ScoreColumns.Of(new ScoringOptions()))
            foreach (float[] values in column.IsScalar ? scored.GetColumn<float>(column.Name).Select(v => new[] { v }) : scored.GetColumn<float[]>(column.Name))
            {
                bool isScore = column.Output == ScoreOutputs.AnomalyScore;
                Assert.IsTrue(values.Length > 0 && values.All(v => isScore ? v is float.NaN or (>= 0 and <= 1) : float.IsFinite(v)), column.Name);
                numbers.AddRange(values);
            }
        return [.. numbers];
    }
}
