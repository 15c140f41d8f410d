using System.Globalization;
using System.Text.Json;
using Microsoft.ML.StateSpace;
using Microsoft.ML.StateSpace.Benchmarks;
using TorchSharp;

// Usage: bench [--only streaming] [--data FOLDER] [--output FILE.json] [--epochs N]
// FOLDER holds jsb_chorales.train.txt.gz; without it a data set of the same sizes is made up.
StateSpaceRuntime.Tune();
torch.set_num_threads(1);
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

object[] results = Option("--only") switch
{
    "streaming" => [StreamingSpeed.Run()],
    null => [.. OnChorales(), StreamingSpeed.Run()],
    var other => throw new ArgumentException($"--only {other}: there is only streaming"),
};
string output = Option("--output") ?? Path.Combine("artifacts", "bench", "report.json");
Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
File.WriteAllText(output, JsonSerializer.Serialize(results, new JsonSerializerOptions { WriteIndented = true }));
Console.WriteLine($"written: {output}");

object[] OnChorales()
{
    var data = ChoraleData.Load(Option("--data"));
    Console.WriteLine($"{data.Source}: {data.Sequences.Count} sequences, {data.Sequences.Sum(s => s.Length)} steps; 1 thread");
    return [TrainingSpeed.Run(data), ScoringSpeed.Run(data), ResidentMemory.Run(data, int.Parse(Option("--epochs") ?? "50"))];
}
