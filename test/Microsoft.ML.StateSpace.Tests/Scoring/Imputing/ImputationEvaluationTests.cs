using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Imputing;
using Microsoft.ML.StateSpace.Tests.Models;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Trainers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Scoring.Imputing;

/// <summary>Hidden values beside what is imputed in their place.</summary>
[TestClass]
public class ImputationEvaluationTests
{
    private const float No = float.NaN;
    private static readonly MLContext s_ml = new(seed: 1);

    /// <summary>Of 10 20 30 40 and 7 the 30 is hidden: 20 came before it, and the others' mean is 19.25.</summary>
    [TestMethod]
    public void BaselinesByHand()
    {
        Sequence[] sequences = [new(1, [10, 20, 30, 40], id: "a"), new(1, [7], id: "b")];
        var result = Evaluate(sequences, new ImputationOptions { HiddenShare = 0.25, Seed = SeedThatHides(sequences, 0.25, [[2], []]) });
        Assert.AreEqual((2, 5L, 1L), (result.Sequences, result.Observed, result.Hidden));
        double deviation = Math.Sqrt(new[] { 10, 20, 30, 40, 7 }.Average(x => (x - 21.4) * (x - 21.4)));
        Assert.AreEqual(deviation, result.Deviations.Single(), 1e-12);
        AreEqual(new ImputationFigures(1, 10, 10, 10 / deviation, 10 / deviation), result["last value"].Overall);
        AreEqual(new ImputationFigures(1, 10.75, 10.75, 10.75 / deviation, 10.75 / deviation), result["mean"].Overall);
        Assert.AreEqual("model last value mean", string.Join(" ", result.Methods.Select(m => m.Name)));
    }

    /// <summary>A share of nearly 1 hides all but the last value of each: 1, 5 and 2 are compared with the mean of 3 and 4, since nothing came before.</summary>
    [TestMethod]
    public void ALastValueStaysOfEverySequence()
    {
        var result = Evaluate([new(1, [1, 5, 3], id: "a"), new(1, [2, 4, No], id: "b")], new ImputationOptions { HiddenShare = 0.99 });
        Assert.AreEqual(3, result.Hidden);
        double root = Math.Sqrt((2.5 * 2.5 + 1.5 * 1.5 + 1.5 * 1.5) / 3), unit = Math.Sqrt(2);
        foreach (string name in new[] { "last value", "mean" })
            AreEqual(new ImputationFigures(3, 5.5 / 3, root, 5.5 / 3 / unit, root / unit), result[name].Overall);
    }

    /// <summary>Each dimension in its own unit; one that does not vary has none, and one that would have nothing left keeps what it has.</summary>
    [TestMethod]
    public void DimensionsHaveUnitsOfTheirOwn()
    {
        Sequence[] sequences = [new(3, [1, 8, 5, No, 8, No, 3, 8, No], id: "a"), new(3, [200, 8, No], id: "b")];
        var evaluator = new ImputationErrors([2, 0, 0.5]);
        foreach (var (dimension, error) in new[] { (0, 4.0), (0, -2), (1, 7), (2, 1) })
            evaluator.Add(dimension, error);
        var method = evaluator.Result("method");
        AreEqual(new ImputationFigures(4, 14 / 4.0, Math.Sqrt(70 / 4.0), (2 + 1 + 2) / 3.0, Math.Sqrt((4 + 1 + 4) / 3.0)), method.Overall);
        AreEqual(new ImputationFigures(2, 3, Math.Sqrt(10), 1.5, Math.Sqrt(2.5)), method.ByDimension[0]);
        AreEqual(new ImputationFigures(1, 7, 7, double.NaN, double.NaN), method.ByDimension[1]);

        // Of the third dimension the only value is drawn, and stays; the last of each sequence, place 7 and place 1, cannot be drawn.
        var hidden = HiddenValues.Of(sequences, 0.99, 1);
        CollectionAssert.AreEqual(new[] { 1, 4 }, hidden[0].Places.Where(p => p % 3 == 1).ToArray());
        Assert.DoesNotContain(2, hidden[0].Places);
        Assert.DoesNotContain(7, hidden[0].Places);
        Assert.IsFalse(hidden.SelectMany(h => h.Places).Any(p => p % 3 == 0), "nor is a value of the first left, whose all were drawn");
    }

    [TestMethod]
    public void WhatIsHiddenIsTheSequencesOwn()
    {
        var sequences = RandomSequences.Make(20, 3, 15, missing: 0.3);
        var hidden = HiddenValues.Of(sequences, 0.2, 4);
        var reversed = HiddenValues.Of([.. Enumerable.Reverse(sequences)], 0.2, 4);
        for (int i = 0; i < sequences.Count; i++)
        {
            CollectionAssert.AreEqual(hidden[i].Places.ToArray(), reversed[^(i + 1)].Places.ToArray());
            Assert.IsTrue(hidden[i].Places.All(p => sequences[i].IsObserved(p / 3, p % 3)));
            var rest = hidden[i].Rest();
            Assert.AreEqual((sequences[i].Length, sequences[i].NoiseKey, sequences[i].Id), (rest.Length, rest.NoiseKey, rest.Id));
            for (int p = 0; p < rest.Length * 3; p++)
            {
                Assert.AreEqual(sequences[i].IsObserved(p / 3, p % 3) && !hidden[i].Places.Contains(p), rest.IsObserved(p / 3, p % 3));
                if (rest.IsObserved(p / 3, p % 3))
                    Assert.AreEqual(sequences[i].Observations[p], rest.Observations[p]);
            }
        }
        Assert.AreNotEqual(string.Join(" ", hidden.SelectMany(h => h.Places)), string.Join(" ", HiddenValues.Of(sequences, 0.2, 5).SelectMany(h => h.Places)));
        // Each sequence hides the share of its values up to one; over many, and of single steps too, the share is kept.
        var pairs = Enumerable.Range(0, 4000).Select(i => new Sequence(1, [1, 2], id: $"pair {i}")).ToArray();
        Assert.AreEqual(800, HiddenValues.Of(pairs, 0.1, 1).Sum(h => h.Places.Count), 4 * Math.Sqrt(4000 * 0.2 * 0.8));
        var even = Enumerable.Range(0, 4000).Select(i => new Sequence(1, [1, 2, 3, 4, 5], id: $"five {i}")).ToArray();
        var counts = HiddenValues.Of(even, 0.2, 1).SelectMany(h => h.Places).CountBy(p => p).ToDictionary();
        for (int place = 0; place < 4; place++)
            Assert.AreEqual(1000, counts[place], 4 * Math.Sqrt(4000 * 0.25 * 0.75), $"place {place}");
    }

    /// <summary>What a linear-Gaussian model imputes is the joint Gaussian's expectation given what is not hidden.</summary>
    [TestMethod]
    public void ALinearGaussianModelIsTheOracle()
    {
        using var scope = NewDisposeScope();
        var sequences = LinearGaussianCase.Sequences(missing: 0.2);
        var options = new ImputationOptions { HiddenShare = 0.3, Seed = 2 };
        var result = Evaluate(sequences, options, LinearGaussianCase.Make(type: ScalarType.Float32));
        var oracle = LinearGaussianCase.Oracle(LinearGaussianCase.Parameters());
        var errors = new List<(int Dimension, double Error)>();
        foreach (var (sequence, hidden) in sequences.Zip(HiddenValues.Of(sequences, options.HiddenShare, options.Seed)))
        {
            var (values, observed) = LinearGaussianCase.Rows(hidden.Rest());
            var (_, mean, _) = new DenseGaussianOracle(oracle, values.Length).Condition(values, observed);
            errors.AddRange(hidden.Places.Select(p => (p % 2, LinearAlgebra.Add(LinearAlgebra.Multiply(oracle.Emission, mean[(p / 2 * 3)..(p / 2 * 3 + 3)]), oracle.EmissionOffset)[p % 2]
                - sequence.Observations[p])));
        }
        Assert.AreEqual(errors.Count, result.Hidden);
        Assert.IsGreaterThan(10, errors.Count);
        Assert.AreEqual(errors.Average(e => Math.Abs(e.Error)), result["model"].Overall.MeanAbsoluteError, 1e-5);
        for (int d = 0; d < 2; d++)
        {
            double root = Math.Sqrt(errors.Where(e => e.Dimension == d).Average(e => e.Error * e.Error));
            Assert.AreEqual(root, result["model"].ByDimension[d].RootMeanSquaredError, 1e-5);
            Assert.AreEqual(root / result.Deviations[d], result["model"].ByDimension[d].ScaledRootMeanSquaredError, 1e-5);
        }
    }

    [TestMethod]
    public void TheCatalogTellsTheSameTwiceAndRefusesByName()
    {
        var random = new Random(3);
        var rows = Enumerable.Range(0, 12).Select(i => new Row { Name = $"row {i}", Observations = [.. Enumerable.Range(0, 8).Select(_ => (float)random.NextDouble())] }).ToList();
        using var model = s_ml.StateSpace.Trainers.DeepMarkov(new DeepMarkovTrainer.Options
        {
            SequenceIdColumnName = nameof(Row.Name),
            ObservationSize = 1,
            Generative = new DeepMarkovModel { LatentSize = 2 },
            Epochs = 1,
            CalibrationSteps = 0,
            FilteringProposal = new() { Epochs = 1 },
        }).Fit(View(rows));
        var result = s_ml.StateSpace.EvaluateImputation(model, View(rows), new ImputationOptions { HiddenShare = 0.3 });
        var again = s_ml.StateSpace.EvaluateImputation(model, View([.. Enumerable.Reverse(rows)]), new ImputationOptions { HiddenShare = 0.3 });
        Assert.AreEqual(result.Hidden, again.Hidden);
        AreEqual(result["model"].Overall, again["model"].Overall, 1e-6);
        var other = s_ml.StateSpace.EvaluateImputation(model, View(rows), new ImputationOptions { HiddenShare = 0.3, Seed = 2 });
        Assert.AreNotEqual(result["mean"].Overall.MeanAbsoluteError, other["mean"].Overall.MeanAbsoluteError);
        Assert.Throws<KeyNotFoundException>(() => result["median"]);

        foreach (double share in new[] { 0, 1, double.NaN })
            StringAssert.Contains(Assert.Throws<OptionsException>(() => s_ml.StateSpace.EvaluateImputation(model, View(rows), new ImputationOptions { HiddenShare = share })).Message, "HiddenShare is");
        StringAssert.Contains(Assert.Throws<InvalidOperationException>(() => s_ml.StateSpace.EvaluateImputation(model, View([]))).Message, "no rows");
        StringAssert.Contains(Assert.Throws<InvalidOperationException>(() => s_ml.StateSpace.EvaluateImputation(model, View([new Row { Name = "one", Observations = [3] }]))).Message,
            "None of 1 observed values is hidden");
        Assert.Throws<ArgumentException>(() => s_ml.StateSpace.EvaluateImputation(s_ml.Transforms.CopyColumns("A", nameof(Row.Name)).Fit(View(rows)), View(rows)));
        Assert.Throws<OperationCanceledException>(() => s_ml.StateSpace.EvaluateImputation(model, View(rows), new ImputationOptions { CancellationToken = new(canceled: true) }));
        StringAssert.Contains(Assert.Throws<SequenceFormatException>(() => s_ml.StateSpace.EvaluateImputation(model, View([new Row { Name = "bad", Observations = [1, float.PositiveInfinity] }]))).Message, "row 0");
    }

    private static IDataView View(IEnumerable<Row> rows) => s_ml.Data.LoadFromEnumerable(rows);

    // What the model imputes plays no part in the baselines.
    private static ImputationResult Evaluate(IReadOnlyList<Sequence> sequences, ImputationOptions options, GenerativeModule? model = null)
    {
        using var networks = model is null ? HandSet() : LinearGaussianCase.Networks(model);
        return new ImputationEvaluator(new SequenceScorer(networks, new ScoringOptions(), CPU), options).Evaluate(sequences);
    }

    private static StateSpace.Inference.StateSpaceNetworks HandSet() =>
        LinearGaussianCase.Networks(new LinearGaussianModule(new LinearGaussianModel { LatentSize = 1 }, new DataShape(1), new StateSpace.Networks.Initializer(1)));

    private static int SeedThatHides(IReadOnlyList<Sequence> sequences, double share, int[][] places) => Enumerable.Range(0, 10_000)
        .First(seed => HiddenValues.Of(sequences, share, seed).Zip(places).All(pair => pair.First.Places.SequenceEqual(pair.Second)));

    private static void AreEqual(ImputationFigures expected, ImputationFigures actual, double tolerance = 1e-9)
    {
        Assert.AreEqual(expected.Count, actual.Count);
        Assert.AreEqual(expected.MeanAbsoluteError, actual.MeanAbsoluteError, tolerance);
        Assert.AreEqual(expected.RootMeanSquaredError, actual.RootMeanSquaredError, tolerance);
        Assert.AreEqual(expected.ScaledMeanAbsoluteError, actual.ScaledMeanAbsoluteError, tolerance);
        Assert.AreEqual(expected.ScaledRootMeanSquaredError, actual.ScaledRootMeanSquaredError, tolerance);
    }

    private sealed class Row
    {
        public string Name { get; set; } = "";

        public float[] Observations { get; set; } = [];
    }
}
