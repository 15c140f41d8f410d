using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;

// The names are what JSON calls the parts: in a config file, and in a saved model.
StateSpaceParts.Register<Transition, ResidualTransition>("Residual");
StateSpaceParts.Register<Emission, LaplaceEmission>("Laplace");
StateSpaceParts.Register<Microsoft.ML.StateSpace.Inference.InferenceNetwork, PresentInference>("Present");
StateSpaceParts.Register<Microsoft.ML.StateSpace.Bounds.Bound, BetaElbo>("BetaElbo");

var random = new Random(1);
var ml = new MLContext(seed: 1);
var data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(_ => Series.Draw(random)));
var trainer = ml.StateSpace.Trainers.DeepMarkov(new DeepMarkovTrainer.Options
{
    ObservationSize = 2,
    Generative = new DeepMarkovModel { LatentSize = 3, Transition = new ResidualTransition(), Emission = new LaplaceEmission() },
    Inference = new PresentInference(),
    Bound = new BetaElbo { Beta = 1.5 },
    Epochs = 5,
    Horizon = 2,
});
string file = Path.Combine(Path.GetTempPath(), $"extended-{Environment.ProcessId}.zip");
using (var model = trainer.Fit(data))
    ml.Model.Save(model, data.Schema, file);
var loaded = ml.Model.Load(file, out _);
File.Delete(file);
var bounds = ml.StateSpace.Evaluate(loaded, data);
Console.WriteLine($"importance-sampled log-likelihood: {bounds.ImportanceSampled.PerStep:f3} nats per step");
float[] forecast = loaded.Transform(data).GetColumn<float[]>("Forecast").First();
Console.WriteLine($"first forecast: {string.Join(", ", forecast.Select(x => x.ToString("f2")))}");

/// <summary>A row: a noisy circle of 10 to 20 steps.</summary>
internal sealed class Series
{
    public float[] Observations { get; set; } = [];

    public static Series Draw(Random random)
    {
        double phase = random.NextDouble() * 6;
        return new Series
        {
            Observations = [.. Enumerable.Range(0, random.Next(10, 20)).SelectMany(t => new[]
            {
                (float)(Math.Cos(phase + 0.5 * t) + 0.1 * random.NextDouble()),
                (float)(Math.Sin(phase + 0.5 * t) + 0.1 * random.NextDouble()),
            })],
        };
    }
}
