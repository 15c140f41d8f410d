using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Trainers;

// What was not measured: Imputation [--data beijing_pm25.csv] [--smoke]
// Gaps of six hours are cut into a fifth of a series that has gaps of its own, and filled from what is left on both sides.
const int Day = 24, Span = 7 * Day, Gap = 6;
bool smoke = args.Contains("--smoke");
string? file = args.SkipWhile(a => a != "--data").Skip(1).FirstOrDefault();
int hours = file is not null ? 43_824 : smoke ? 60 * Day : 300 * Day;
var ml = new MLContext(seed: 1);

// One column is observed, NA where it is missing; three of the weather are known throughout and drive the transitions.
IDataView table = file is null ? ml.Data.LoadFromEnumerable(Hour.Make(hours)) : ml.Data.LoadFromTextFile(file, new TextLoader.Options
{
    Separators = [','], HasHeader = true, MissingRealsAsNaNs = true, Columns = [new("Dust", DataKind.Single, 5), new("Weather", DataKind.Single, 6, 8), new("Wind", DataKind.Single, 10)],
});
var logarithm = ml.Transforms.CustomMapping<Measured, Logarithm>((hour, log) => log.LogDust = MathF.Log(1 + hour.Dust), null);
IDataView weeks = ml.StateSpace.Data.GroupIntoSequences(logarithm.Fit(table).Transform(table), new SequenceGroupingOptions
{
    ValueColumnNames = ["LogDust"], ControlValueColumnNames = ["Weather", "Wind"], WindowLength = Span,
});

// Whole weeks are held out, and of them the gaps that are scored.
var (train, test) = ml.StateSpace.Data.TrainTestSplit(weeks, testFraction: 0.2);
List<Week> truth = [.. ml.Data.CreateEnumerable<Week>(test, reuseRowObject: false)], left = [.. truth.Select((week, i) => week.WithGaps(new Random(i), Gap))];

DeepMarkovTrainer.Options shared = new() { SequenceIdColumnName = "SequenceId", ControlColumnName = "Controls", SmoothingSamples = 200, CalibrationSteps = 0 };
DeepMarkovTrainer.Options deep = shared with
{
    Generative = new DeepMarkovModel { LatentSize = 8, Transition = new GatedTransition { HiddenSize = 32 }, Conditioning = new() },
    Inference = new StructuredInference { Direction = Direction.Both, Cell = RnnCell.Gru, HiddenSize = 64 },
    Epochs = smoke ? 1 : 60, LearningRate = 4e-3, FilteringProposal = new() { Epochs = 1 },
};
DeepMarkovTrainer.Options linear = shared with
{
    Generative = new LinearGaussianModel { LatentSize = 4, Controls = true }, Inference = new ExactInference(), Bound = new ExpectationMaximization(), Epochs = smoke ? 2 : 60,
};

Report("last value", [.. left.Select(w => w.LastValue())]);
Report("linear-Gaussian", Imputed(linear));
Report("deep Markov", Imputed(deep));

// The column holds what was observed where it was, else its expectation given the whole sequence.
List<float[]> Imputed(DeepMarkovTrainer.Options options)
{
    using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(train);
    return [.. model.Transform(ml.Data.LoadFromEnumerable(left)).GetColumn<float[]>("Imputed")];
}

void Report(string name, List<float[]> filled)
{
    var errors = truth.Zip(left, filled).SelectMany(row => row.First.Observations.Zip(row.Second.Observations, row.Third))
        .Where(hour => float.IsNaN(hour.Second) && !float.IsNaN(hour.First)).Select(hour => (double)(hour.Third - hour.First)).ToList();
    Console.WriteLine($"{name,-16} mean absolute error {errors.Average(Math.Abs):f4}, root mean square {Math.Sqrt(errors.Average(e => e * e)):f4}, of {errors.Count} hours");
}
