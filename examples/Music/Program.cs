using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Trainers;

// Music for a piano: Music [--data train.parquet] [--smoke]
// The file is what `statespace convert jsb_chorales.train.txt.gz --output train.parquet` makes. Without it chords are made up.
bool smoke = args.Contains("--smoke");
string? file = args.SkipWhile(a => a != "--data").Skip(1).FirstOrDefault();
var ml = new MLContext(seed: 1);
IDataView rolls = file is null ? ml.Data.LoadFromEnumerable(Roll.Make(smoke ? 20 : 200)) : ml.StateSpace.Data.LoadFromParquet(file);
var (train, valid) = ml.StateSpace.Data.TrainTestSplit(rolls);

using var model = ml.StateSpace.Trainers.DeepMarkov(new DeepMarkovTrainer.Options
{
    ObservationSize = Roll.Keys, SequenceIdColumnName = "SequenceId", ValidationSet = valid,
    Generative = new DeepMarkovModel
    {
        LatentSize = 32, Transition = new GatedTransition { HiddenSize = 64 }, Emission = new BernoulliEmission(),
    },
    Inference = new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 128, Dropout = 0.1 },
    Bound = new Microsoft.ML.StateSpace.Bounds.Elbo { KlWarmUpUpdates = 500 },
    Epochs = smoke ? 1 : 120, LearningRate = 4e-3, FilteringProposal = new() { Epochs = smoke ? 1 : 15 },
}).Fit(train);
Console.WriteLine($"log-likelihood >= {ml.StateSpace.Evaluate(model, valid, new EvaluationOptions { Particles = 20 }).Elbo.PerStep:f3} nats per step");

// From nothing; and the first bars of sequences that it has not learned from, gone on with.
IDataView[] drawn =
[
    ml.StateSpace.Sample(model, new SampleOptions { Samples = 2, Length = 64 }),
    ml.StateSpace.Sample(model, new SampleOptions { Samples = 1, Prefixes = 2, PrefixLength = 16, Length = 48 }, prefixes: valid),
];
foreach (var (music, folder) in drawn.Zip(["new", "continued"]))
    foreach (string path in ml.StateSpace.Data.SaveAsMidi(music, folder))
        Console.WriteLine($"{Path.GetRelativePath(".", path)}: {new FileInfo(path).Length} bytes");
double sounding = drawn[0].GetColumn<float[]>("Observations").Average(roll => roll.Sum() / (roll.Length / Roll.Keys));
Console.WriteLine($"{sounding:f1} keys sound at a time; {rolls.GetColumn<float[]>("Observations").Average(roll => roll.Sum() / (roll.Length / Roll.Keys)):f1} in the data");
