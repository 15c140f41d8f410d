using System.Text.Json;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Tests.Trainers;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Scoring;

[TestClass]
public class AnomalyCalibrationTests
{
    [TestMethod]
    public void OfUniformNumbersItChangesLittle()
    {
        var map = AnomalyCalibration.Of(Uniform(20_000, seed: 1))!;
        Assert.AreEqual(20_000, map.Steps);
        for (double u = 0.01; u < 1; u += 0.01)
            Assert.AreEqual(u, map.Apply(u), 0.012);
        // Hill's estimate of the 141 lowest: a standard deviation of 8 %.
        Assert.AreEqual(1, map.TailExponent, 0.25);
        Assert.AreEqual(-6, Math.Log10(map.Apply(1e-6)), 1.2);
        Assert.AreEqual(0, map.Apply(0));
        Assert.AreEqual(1, map.Apply(1));
        Assert.IsTrue(double.IsNaN(map.Apply(double.NaN)));
        Assert.IsTrue(map.Raw.Count <= 1024);
    }

    [TestMethod]
    [DataRow(3.0, 100)]
    [DataRow(3.0, 5000)]
    [DataRow(0.4, 5000)]
    public void ScoresOfAWrongModelBecomeUniformOnFreshData(double power, int steps)
    {
        // A variance that is wrong by a factor raises the tail probability of a pair of numbers to that power.
        var map = AnomalyCalibration.Of(Uniform(steps, seed: 2).Select(u => Math.Pow(u, power)))!;
        double[] raw = [.. Uniform(2000, seed: 3).Select(u => Math.Pow(u, power))];
        Assert.IsTrue(Kolmogorov.Statistic(raw) > 5, "the raw ones are not");
        double allowed = 1.63 * Math.Sqrt(1 + 2000.0 / steps);
        Assert.IsTrue(Kolmogorov.Statistic(raw.Select(map.Apply)) < allowed);
        if (steps > 1000)
            Assert.AreEqual(-5, Math.Log10(map.Apply(Math.Pow(1e-5, power))), 1.5, "beyond what was seen");
    }

    [TestMethod]
    public void ItIsMonotoneWhateverTheNumbers()
    {
        var random = new Random(5);
        double[][] samples =
        [
            [.. Enumerable.Repeat(1.0, 500)],
            [.. Enumerable.Repeat(0.0, 500)],
            [.. Enumerable.Range(0, 700).Select(i => i % 7 / 7.0)],
            [.. Enumerable.Range(0, 300).Select(_ => Math.Exp(-500 * random.NextDouble()))],
            [.. Enumerable.Range(0, 101).Select(_ => random.NextDouble() < 0.5 ? double.NaN : random.NextDouble()), .. Uniform(100, seed: 6)],
        ];
        foreach (double[] sample in samples)
        {
            var map = AnomalyCalibration.Of(sample)!;
            Assert.IsTrue(map.IsValid);
            double before = 0;
            foreach (double u in new[] { 0, 1e-300, 1e-30, 1e-6 }.Concat(Enumerable.Range(1, 999).Select(i => i / 1000.0)).Append(1))
            {
                double p = map.Apply(u);
                Assert.IsTrue(p >= before && p is >= 0 and <= 1, $"{u} became {p} after {before}");
                before = p;
            }
            Assert.AreEqual(1, map.Apply(1), 1.0 / sample.Length);
            // A step no more likely than a tied one counts whole.
            foreach (double u in sample.Where(u => u > 0).Distinct().Take(20))
                Assert.AreEqual(sample.Count(v => v <= u) / (sample.Count(v => !double.IsNaN(v)) + 1.0), map.Apply(u), 0.11);
            Assert.AreEqual(map, JsonSerializer.Deserialize<AnomalyCalibration>(JsonSerializer.Serialize(map)));
        }
        Assert.IsNull(AnomalyCalibration.Of(Uniform(99, seed: 7)), "too few");
    }

    [TestMethod]
    public void WhatIsNoMapIsToldFromOne()
    {
        var map = AnomalyCalibration.Of(Uniform(200, seed: 1))!;
        Assert.IsTrue(map.IsValid);
        Assert.IsFalse((map with { TailExponent = double.NaN }).IsValid);
        Assert.IsFalse((map with { TailExponent = 0 }).IsValid);
        Assert.IsFalse((map with { Raw = [] }).IsValid);
        Assert.IsFalse((map with { Raw = [.. map.Raw.Reverse()] }).IsValid);
        Assert.IsFalse((map with { Calibrated = [.. map.Calibrated.Select(p => p + 1)] }).IsValid);
    }

    [TestMethod]
    public void ATrainersModelIsCalibratedOnItsValidationData()
    {
        var ml = new MLContext(seed: 1);
        var truth = LinearGaussianSystem.Synthetic9() with { EmissionCovariance = new[,] { { 4.0 } }, TransitionOffset = [0] };
        double c = truth.Emission[0, 0], q = truth.TransitionCovariance[0, 0];
        // All is given and nothing learned, and the noise it believes in is a quarter of the true one.
        var options = new DeepMarkovTrainer.Options
        {
            ObservationSize = 1,
            Generative = new GaussianHmmModel { TransitionVariances = [truth.InitialCovariance[0, 0], q], EmissionWeights = [c], EmissionVariances = [1] },
            Inference = new ExactInference(),
            Bound = new ExactLikelihood(),
            Epochs = 1,
            ValidationSet = Data(ml, RandomSequences.Of(truth, 60, 40, seed: 1)),
        };
        var train = Data(ml, RandomSequences.Of(truth, 2, 40, seed: 2));
        var fresh = RandomSequences.Of(truth, 50, 40, seed: 3);
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(train);
        using var raw = ml.StateSpace.Trainers.DeepMarkov(options with { CalibrationSteps = 0 }).Fit(train);
        Assert.AreEqual(2400, model.Calibration!.Steps);
        Assert.IsNull(raw.Calibration);
        Assert.IsTrue(Kolmogorov.Statistic(Scores(ml, raw, fresh)) > 5);
        Kolmogorov.AssertUniform(Scores(ml, model, fresh), "calibrated");
        using var few = ml.StateSpace.Trainers.DeepMarkov(options with { CalibrationSteps = 130 }).Fit(train);
        Assert.AreEqual(130, few.Calibration!.Steps);

        float[] values = fresh[0].Observations.ToArray();
        values[20] += 60;
        double[] outlier = Scores(ml, model, [new Sequence(1, values)]);
        Assert.IsTrue(outlier[20] < 1e-6 && outlier[..20].All(p => p > 1e-6), $"{outlier[20]}");

        foreach (var saved in new[] { model, raw })
        {
            using var stream = new MemoryStream();
            ml.Model.Save(saved, train.Schema, stream);
            stream.Position = 0;
            using var loaded = (DeepMarkovTransformer)new MLContext().Model.Load(stream, out _);
            Assert.AreEqual(saved.Calibration, loaded.Calibration);
            CollectionAssert.AreEqual(Scores(ml, saved, fresh), Scores(ml, loaded, fresh));
        }
    }

    private static IDataView Data(MLContext ml, IEnumerable<Sequence> sequences) =>
        ml.Data.LoadFromEnumerable(sequences.Select(s => new Row { Observations = s.Observations.ToArray() }).ToList());

    private static double[] Scores(MLContext ml, DeepMarkovTransformer model, List<Sequence> sequences) =>
        [.. ml.Data.CreateEnumerable<Score>(model.Transform(Data(ml, sequences)), reuseRowObject: false).SelectMany(r => r.AnomalyScore).Select(p => (double)p)];

    private static double[] Uniform(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
    }

    private sealed class Score
    {
        public float[] AnomalyScore { get; set; } = [];
    }
}
