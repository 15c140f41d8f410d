using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Trainers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>Steps at irregular times through the trainer, up to forecasts at times to come.</summary>
[TestClass]
public class IrregularTimeTests
{
    // dz = −θ z dt + s dW, x = 20 z + 300 + noise; hours, in which the mean gap is about 27.
    private const double Theta = 0.02, Diffusion = 0.05, Noise = 4;

    private const int Steps = 12, Horizon = 3;

    private static readonly DeepMarkovTrainer.Options s_continuous = new()
    {
        ObservationSize = 1,
        TimeColumnName = "Hours",
        SequenceIdColumnName = "Name",
        Generative = new ContinuousLinearGaussianModel { LatentSize = 1 },
        Inference = new ExactInference(),
        Bound = new ExactLikelihood(),
        LearningRate = 0.1,
        WeightAveraging = 0,
        FinalLearningRateRatio = 0,
        BatchSize = 60,
        Epochs = 12,
        Horizon = Horizon,
    };

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void TheContinuousModelLearnsAnOrnsteinUhlenbeckProcess()
    {
        var ml = new MLContext();
        var rows = Make(300);
        var data = ml.Data.LoadFromEnumerable(rows);
        using var model = ml.StateSpace.Trainers.DeepMarkov(s_continuous with { ValidationSet = data }).Fit(data);
        double truth = TrueLikelihood(rows);
        TestContext.WriteLine($"{model.History.BestValidationBound:f4}, the true parameters {truth:f4}; {model.History.Epochs[^1].Seconds:f1} s");
        Assert.AreEqual(truth, model.History.BestValidationBound, 0.01);
        // Forecasts fall back to the mean as exp(−θ Δ), at whatever times they are asked for.
        var row = rows.MaxBy(r => Math.Abs(r.Observations[^1] - 300))!;
        double now = row.Hours[Steps - 1];
        float[] near = Forecast(ml, model, row, [now + 1e-3, now + 20, now + 100]), far = Forecast(ml, model, row, [now + 100, now + 1e4, now + 2e4]);
        Assert.AreEqual(near[2], far[0], 1e-3);
        Assert.AreEqual(Math.Exp(-20 * Theta), (near[1] - far[2]) / (near[0] - far[2]), 0.05);
        Assert.AreEqual(300, far[2], 3);
        // A model saved and loaded forecasts the same.
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        stream.Position = 0;
        using var loaded = (DeepMarkovTransformer)ml.Model.Load(stream, out _);
        CollectionAssert.AreEqual(near, Forecast(ml, loaded, row, [now + 1e-3, now + 20, now + 100]));
    }

    /// <summary>Beyond the last time given, its gap goes on; so do the columns that come with the model, the forecast verb and sample paths.</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void TimesToComeAreThoseGivenAndThenTheLastGapGoesOn(bool continuous)
    {
        var ml = new MLContext();
        var rows = Make(20);
        var options = continuous ? s_continuous with { Epochs = 2 } : Rows.Options(epochs: 2) with
        {
            ObservationSize = 1, MaskColumnName = null, TimeColumnName = "Hours", Horizon = Horizon,
            Generative = new DeepMarkovModel { LatentSize = 2, Conditioning = new Conditioning { Controls = false, TimeGap = true } },
        };
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(rows));
        Assert.AreEqual(27, model.Scaling!.TimeGap!.Value, 4);
        var row = rows[1];
        double now = row.Hours[Steps - 1], gap = now - row.Hours[Steps - 2];
        float[] without = Forecast(ml, model, row, []), given = Forecast(ml, model, row, [now + gap, now + 2 * gap, now + 3 * gap]);
        for (int h = 0; h < Horizon; h++)
            Assert.AreEqual(given[h], without[h], 1e-3);
        CollectionAssert.AreEqual(Forecast(ml, model, row, [now + 5]), Forecast(ml, model, row, [now + 5, now + 10, now + 15]));
        float[] soon = Forecast(ml, model, row, [now + 1, now + 2, now + 3]), late = Forecast(ml, model, row, [now + 100, now + 200, now + 300]);
        Assert.IsTrue(soon.Zip(late).All(pair => Math.Abs(pair.First - pair.Second) > 1e-3), "the times to come changed nothing");
        var paths = ml.StateSpace.Forecast(model, ml.Data.LoadFromEnumerable([row.At([now + 1, now + 2, now + 3])]), new ForecastOptions { Paths = 8 });
        float[] mean = paths.GetColumn<float[]>("ForecastMean").Single();
        CollectionAssert.AreEqual(soon, mean);
        Assert.IsTrue(paths.GetColumn<float[]>("Paths").Single().All(x => x is > 0 and < 1000));
    }

    private static float[] Forecast(MLContext ml, DeepMarkovTransformer model, Timed row, double[] later) =>
        model.Transform(ml.Data.LoadFromEnumerable([row.At(later)])).GetColumn<float[]>("Forecast").Single();

    // The exact likelihood under the process that drew the rows, in nats per step.
    private static double TrueLikelihood(List<Timed> rows)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var module = new ContinuousLinearGaussianModule(new ContinuousLinearGaussianModel { LatentSize = 1 }, new DataShape(1, HasTimes: true), new Initializer(1));
        module.to(ScalarType.Float64);
        Tensor One(double value) => full([1, 1], value, ScalarType.Float64);
        module.Set(One(-Theta), One(Diffusion));
        module.Set(new LinearGaussianParameters(zeros([1], ScalarType.Float64), One(Diffusion / (2 * Theta)), One(1), One(0)[0], One(1),
            One(20), One(300)[0], One(Noise)[0]));
        using var batch = SequenceBatch.Create([.. rows.Select(r => new Sequence(1, r.Observations, inputs: new SequenceInputs(0, default, r.Hours)))], type: ScalarType.Float64);
        return KalmanFilter.Run(module.System(batch), batch).LogEvidence.sum().item<double>() / (Steps * rows.Count);
    }

    private static List<Timed> Make(int count)
    {
        var random = new Random(9);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double stationary = Diffusion / (2 * Theta);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            double z = Math.Sqrt(stationary) * Normal(), clock = 1000 * random.NextDouble();
            var row = new Timed { Name = $"{i}", Observations = new float[Steps], Hours = new double[Steps] };
            for (int t = 0; t < Steps; t++)
            {
                double gap = t == 0 ? 0 : random.Next(3) == 0 ? 80 * random.NextDouble() : 5 + 30 * random.NextDouble();
                double kept = Math.Exp(-Theta * gap);
                z = t == 0 ? z : kept * z + Math.Sqrt(stationary * (1 - kept * kept)) * Normal();
                row.Hours[t] = clock += gap;
                row.Observations[t] = (float)(20 * z + 300 + Math.Sqrt(Noise) * Normal());
            }
            return row;
        })];
    }

    private sealed class Timed
    {
        public string Name { get; set; } = "";

        public float[] Observations { get; set; } = [];

        public double[] Hours { get; set; } = [];

        /// <summary>The row with times to come.</summary>
        public Timed At(double[] later) => new() { Name = Name, Observations = Observations, Hours = [.. Hours[..Steps], .. later] };
    }
}
