using Microsoft.ML;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Trainers;

var ml = new MLContext(seed: 1);
IDataView train = ml.StateSpace.Data.LoadFromParquet(args[0]);
IDataView test = ml.StateSpace.Data.LoadFromParquet(args[1]);
int epochs = args.Length > 2 ? int.Parse(args[2]) : 30;

var trainer = ml.StateSpace.Trainers.DeepMarkov(new DeepMarkovTrainer.Options { ObservationSize = 2, Epochs = epochs });
using DeepMarkovTransformer model = trainer.Fit(train);
ml.Model.Save(model, train.Schema, "dmm.zip");

BoundMetrics bounds = ml.StateSpace.Evaluate(model, test);
Console.WriteLine($"log-likelihood >= {bounds.ImportanceSampled.PerStep:f3} nats per step");
foreach (var row in ml.Data.CreateEnumerable<Scored>(model.Transform(test), reuseRowObject: false).Take(3))
    Console.WriteLine($"{row.SequenceId}: next values {string.Join(", ", row.Forecast)}");

internal sealed class Scored
{
    public string SequenceId { get; set; } = "";
    public float[] Forecast { get; set; } = [];
}
