using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Trainers;

// Steps that a model would not have expected: AnomalyDetection [--data ETTh1.csv] [--smoke]
// Faults are put into one in a hundred hours of the last fifth of a series: a reading that jumps, in one of its columns.
const int Day = 24, Week = 7 * Day;
bool smoke = args.Contains("--smoke");
string? file = args.SkipWhile(a => a != "--data").Skip(1).FirstOrDefault();
int hours = file is not null ? 600 * Day : smoke ? 60 * Day : 200 * Day, training = hours * 6 / 10, validation = hours * 2 / 10;
var ml = new MLContext(seed: 1);
IDataView table = file is null ? ml.Data.LoadFromEnumerable(Hour.Make(hours)) : ml.Data.LoadFromTextFile(file, new TextLoader.Options
{
    Separators = [','], HasHeader = true, Columns = [new("Values", DataKind.Single, 1, 7)],
});
IDataView Weeks(int from, int count, int stride = Week) => ml.StateSpace.Data.GroupIntoSequences(ml.Data.TakeRows(from == 0 ? table : ml.Data.SkipRows(table, from), count),
    new SequenceGroupingOptions { ValueColumnNames = ["Values"], WindowLength = Week, Stride = stride });

// The scores are calibrated on the validation set: of hours like those, a share p scores p or less.
using var model = ml.StateSpace.Trainers.DeepMarkov(new DeepMarkovTrainer.Options
{
    SequenceIdColumnName = "SequenceId", ValidationSet = Weeks(training, validation),
    Generative = new DeepMarkovModel { LatentSize = 16, Transition = new GatedTransition { HiddenSize = 32 }, Emission = new GaussianEmission() },
    Inference = new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 64 },
    Epochs = smoke ? 2 : 60, BatchSize = 10, LearningRate = 5e-3, FilteringProposal = new() { Epochs = smoke ? 2 : 20 },
}).Fit(Weeks(0, training, stride: smoke ? Week : Day));

// The faults: each so many of the column's usual hourly steps high.
var weeks = ml.Data.CreateEnumerable<Hours>(Weeks(training + validation, validation), reuseRowObject: false).ToList();
var random = new Random(1);
int size = model.ObservationSize;
double[] step = [.. Enumerable.Range(0, size).Select(d => Math.Sqrt(weeks.SelectMany(w => Enumerable.Range(1, Week - 1)
    .Select(t => Math.Pow(w.Observations[t * size + d] - w.Observations[(t - 1) * size + d], 2))).Average()))];
foreach (Hours week in weeks)
    for (int t = Day; t < Week; t++)
        if (week.Faulty[t] = random.Next(100) == 0)
        {
            int d = random.Next(size);
            week.Observations[t * size + d] += (float)((random.Next(2) == 0 ? 1 : -1) * 8 * step[d]);
        }

// Only the column that is asked for is computed.
var scored = ml.Data.CreateEnumerable<Scored>(model.Transform(ml.Data.LoadFromEnumerable(weeks)), reuseRowObject: false).ToList();
foreach (double p in new[] { 0.01, 0.001, 0.0001 })
{
    var found = weeks.Zip(scored).SelectMany(row => row.First.Faulty.Zip(row.Second.AnomalyScore, (fault, score) => (Fault: fault, Alarm: score <= p))).ToList();
    int alarms = found.Count(f => f.Alarm), faults = found.Count(f => f.Fault), hits = found.Count(f => f.Fault && f.Alarm);
    Console.WriteLine($"score <= {p}: {alarms} alarms in {found.Count} hours, {faults} of them faulty: recall {(double)hits / faults:p1}, precision {(double)hits / Math.Max(1, alarms):p1}, " +
        $"{(double)(alarms - hits) / (found.Count - faults):p2} of the sound hours");
}
