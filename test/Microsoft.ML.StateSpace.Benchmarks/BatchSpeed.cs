using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>The batch job from Parquet to Parquet: rows per second with one and two workers, and resident memory against file size.</summary>
internal static class BatchSpeed
{
    private const int Files = 8;
    private const int Steps = 50;
    private const int Dimensions = 2;
    private const int Runs = 3;

    public static object Run()
    {
        string folder = Directory.CreateTempSubdirectory("statespace-bench-").FullName;
        try
        {
            string model = Train(folder);
            return new
            {
                benchmark = "batch",
                all = Compare("batch, all columns", folder, model, 32),
                smoothed = Compare("batch, smoothed means", folder, model, 512, "--columns", "SequenceId,SmoothedMean"),
                parquet = Parquet(folder, model),
                memory = ResidentMemory(folder, model),
            };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static object Compare(string name, string folder, string model, int rowsPerFile, params string[] options)
    {
        string input = Path.Combine(folder, $"in-{rowsPerFile}");
        for (int i = 0; i < Files; i++)
            Write(Path.Combine(input, $"{i}.parquet"), rowsPerFile, i);
        // In turns, so that what else the machine does meets both.
        var seconds = new Dictionary<int, List<double>> { [1] = [], [2] = [] };
        Score(folder, model, input, 2, options);
        for (int run = 0; run < Runs; run++)
        {
            foreach (int workers in seconds.Keys)
                seconds[workers].Add(Timing.Once(() => Score(folder, model, input, workers, options)));
        }

        double Rate(int workers) => Files * rowsPerFile / seconds[workers].Order().ElementAt(Runs / 2);
        Console.WriteLine($"{name,-22} {Rate(1):f0} rows/s with 1 worker, {Rate(2):f0} with 2: {Rate(2) / Rate(1):f2} times");
        return new { rows = Files * rowsPerFile, oneWorker = Rate(1), twoWorkers = Rate(2), ratio = Rate(2) / Rate(1), seconds };
    }

    // What of the job reading and decoding, and encoding and writing take, each measured by itself on the job's own files, in turns with the
    // job; one after another all of them, since one worker does them one after another.
    private static object Parquet(string folder, string model)
    {
        string input = Path.Combine(folder, "in-512"), output = Path.Combine(folder, "out"), copy = Path.Combine(folder, "copy.parquet");
        string[] options = ["--columns", "SequenceId,SmoothedMean"];
        Score(folder, model, input, 1, options);
        var ml = new MLContext();
        IDataView[] scored = [.. Directory.GetFiles(output, "*.parquet", SearchOption.AllDirectories).Select(file =>
            ml.Data.LoadFromEnumerable(ml.Data.CreateEnumerable<SmoothedRow>(ml.StateSpace.Data.LoadFromParquet(file), reuseRowObject: false).ToList()))];
        var seconds = Enumerable.Range(0, Runs + 1).Select(_ => (
            Job: Timing.Once(() => Score(folder, model, input, 1, options)),
            Read: Timing.Once(() => Array.ForEach(Directory.GetFiles(input), file => Read(ml.StateSpace.Data.LoadFromParquet(file)))),
            Write: Timing.Once(() => Array.ForEach(scored, view => ParquetSequenceWriter.Write(view, copy))))).Skip(1).ToList();
        Timing read = Timing.Of(seconds.Select(s => s.Read / s.Job)), write = Timing.Of(seconds.Select(s => s.Write / s.Job));
        Timing both = Timing.Of(seconds.Select(s => (s.Read + s.Write) / s.Job));
        Console.WriteLine($"batch, Parquet         {both.Median:p1} of the job ({both.Least:p1} – {both.Most:p1}): reading {read.Median:p1}, writing {write.Median:p1}");
        return new { shareOfReading = read, shareOfWriting = write, share = both, files = scored.Length };
    }

    private static void Read(IDataView view)
    {
        using var cursor = view.GetRowCursor([view.Schema["SequenceId"], view.Schema["Observations"]]);
        var id = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["SequenceId"]);
        var observations = cursor.GetGetter<VBuffer<float>>(view.Schema["Observations"]);
        ReadOnlyMemory<char> name = default;
        VBuffer<float> values = default;
        while (cursor.MoveNext())
        {
            id(ref name);
            observations(ref values);
        }
    }

    // Short sequences with much beside them that is carried through: large files, scored quickly, each by a process of its own: this one still
    // holds what it made the files with.
    private static object ResidentMemory(string folder, string model)
    {
        int[] rows = [1_000, 8_000];
        (double Size, double Peak)[] megabytes = [.. rows.Select(count =>
        {
            string file = Path.Combine(folder, $"large-{count}", "0.parquet");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            ParquetSequenceWriter.Write(new MLContext().Data.LoadFromEnumerable(LargeRow.Make(count)), file);
            double peak = Memory.PeakOf(typeof(Application).Assembly,
                Arguments(folder, model, Path.GetDirectoryName(file)!, 1, "--columns", "SequenceId,Carried,SmoothedMean"));
            return (new FileInfo(file).Length / 1e6, peak);
        })];
        Console.WriteLine($"batch, memory          peak resident {megabytes[0].Peak:f0} MB for a file of {megabytes[0].Size:f0} MB, {megabytes[1].Peak:f0} MB for one of {megabytes[1].Size:f0} MB");
        return new { fileMegabytes = megabytes.Select(m => m.Size), peakMegabytes = megabytes.Select(m => m.Peak) };
    }

    private static void Score(string folder, string model, string input, int workers, params string[] options)
    {
        var messages = new StringWriter();
        int code = Application.Run(Arguments(folder, model, input, workers, options), Terminal.Redirected(TextWriter.Null, messages), CancellationToken.None);
        if (code != ExitCode.Ok)
            throw new InvalidOperationException(messages.ToString());
    }

    private static string[] Arguments(string folder, string model, string input, int workers, params string[] options) =>
        ["score", model, $"{input}/*.parquet", "--output", Path.Combine(folder, "out"), "--overwrite", "--workers", $"{workers}", "--device", "cpu", .. options];

    private static string Train(string folder)
    {
        string data = Path.Combine(folder, "train", "0.parquet"), model = Path.Combine(folder, "model.zip");
        Write(data, 64, 99);
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.StateSpace.Data.LoadFromParquet(data);
        using DeepMarkovTransformer trained = ml.StateSpace.Trainers.DeepMarkov(new DeepMarkovTrainer.Options
        {
            ObservationSize = Dimensions,
            SequenceIdColumnName = "SequenceId",
            Generative = new DeepMarkovModel { LatentSize = 2, Transition = new GatedTransition { HiddenSize = 30 } },
            Inference = new StructuredInference { Cell = Networks.RnnCell.Gru, HiddenSize = 40 },
            FilteringProposal = new FilteringProposal { Epochs = 1 },
            Epochs = 1,
        }).Fit(rows);
        ml.Model.Save(trained, rows.Schema, model);
        return model;
    }

    private static void Write(string path, int rows, int seed)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var random = new Random(seed);
        new ParquetTable()
            .Add("SequenceId", [.. Enumerable.Range(0, rows).Select(i => $"{seed}-{i}")])
            .AddLists("Observations", [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, Steps * Dimensions).Select(_ => random.NextSingle()).ToArray())])
            .Write(path, new ParquetSaveOptions { ValuesPerRowGroup = 1 << 17 });
    }

    private sealed class SmoothedRow
    {
        public string SequenceId { get; set; } = "";

        public float[] SmoothedMean { get; set; } = [];
    }

    private sealed class LargeRow
    {
        public string SequenceId { get; set; } = "";

        public float[] Observations { get; set; } = [];

        public float[] Carried { get; set; } = [];

        public static IEnumerable<LargeRow> Make(int rows)
        {
            var random = new Random(1);
            float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle())];
            for (int i = 0; i < rows; i++)
                yield return new LargeRow { SequenceId = $"{i}", Observations = Draw(2 * Dimensions), Carried = Draw(10_000) };
        }
    }
}
