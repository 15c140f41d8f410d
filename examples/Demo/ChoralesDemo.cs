using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Microsoft.ML.StateSpace.Examples.Demo;

/// <summary>The same job on real music: J. S. Bach's chorales as piano-rolls. There is no true model to compare with.</summary>
internal static class ChoralesDemo
{
    private const int Samples = 100;
    // Without a time limit of the user's the whole demonstration takes some minutes; the schedule is cut to match.
    private static readonly string[] ShortSchedule = ["--max-time", "2m30s", "--set", "epochs=60", "bound.klWarmUpUpdates=300"];
    private static readonly string[] Splits = ["train", "valid", "test"];
    private static readonly JsonSerializerOptions Writing = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static int Run(Workshop workshop, DirectoryInfo folder, string? maxTime)
    {
        string[] texts = [.. Splits.Select(split => Find(folder, $"jsb_chorales.{split}.txt.gz"))];
        string[] data = [.. Splits.Select(split => workshop.Output($"jsb-{split}.parquet"))];
        for (int i = 0; i < Splits.Length; i++)
            workshop.Run($"convert {Splits[i]}", "convert", texts[i], "--output", data[i]);
        string model = workshop.Output("jsb-model.zip");
        string[] schedule = maxTime is null ? ShortSchedule : ["--max-time", maxTime];
        workshop.Run("train", ["train", workshop.Config("jsb-dmm.json"), "--train", data[0], "--validation", data[1],
            "--model", model, "--seed", "1", .. schedule]);
        Evaluation evaluation = workshop.Evaluate("evaluate", model, data[2], Samples);
        workshop.Run("score", "score", model, data[2], "--output", workshop.Output("jsb-test-scored.parquet"));

        Print(evaluation, workshop.Times);
        string report = workshop.Output("report.json");
        File.WriteAllText(report + ".partial", JsonSerializer.Serialize(new { data = "jsb_chorales", model = evaluation, times = workshop.Times }, Writing));
        File.Move(report + ".partial", report, overwrite: true);
        return 0;
    }

    private static string Find(DirectoryInfo folder, string name) =>
        new[] { folder.FullName, Path.Combine(folder.FullName, "polyphonic") }
            .Select(place => Path.Combine(place, name))
            .FirstOrDefault(File.Exists)
            ?? throw new StepFailedException($"There is no {name} in {folder} or its folder 'polyphonic'.", 3);

    private static void Print(Evaluation evaluation, IReadOnlyList<StepTime> times)
    {
        Screen.Console.WriteLine($"JSB chorales, test split: {evaluation.Sequences} sequences, {evaluation.Steps} steps");
        Table table = new Table()
            .AddColumn("").AddColumn(new TableColumn("deep Markov model").RightAligned());
        table.AddRow("evidence lower bound, nats per step", Number(evaluation.Elbo.PerStep, 4));
        table.AddRow($"log-likelihood, nats per step ({evaluation.Particles} importance samples)", Number(evaluation.ImportanceSampled.PerStep, 4));
        foreach (StepTime time in times)
            table.AddRow($"{time.Step}, wall time in s", Number(time.Seconds, 1));
        Screen.Console.Write(table);
    }

    private static string Number(double value, int digits) => value.ToString($"f{digits}", CultureInfo.InvariantCulture);
}
