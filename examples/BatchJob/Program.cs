using System.Diagnostics;

// A batch job that is killed in its midst and gone on with: BatchJob STATESPACE.dll FOLDER [SEQUENCES]
// It works with the statespace command alone, as a shell script or a scheduler would.
string tool = Path.GetFullPath(args[0]), folder = Directory.CreateDirectory(args[1]).FullName;
string sequences = args.Length > 2 ? args[2] : "500";

// Six files of sequences, in two folders, and a small model of them.
for (int day = 1; day <= 6; day++)
{
    Run("generate", "linear-gaussian", "--latent-size", "1", "--observation-size", "1", "--sequences", sequences, "--steps", "20", "--seed", $"{day}", "--output", "made");
    Directory.CreateDirectory(Path.Combine(folder, "in", $"week{day % 2}"));
    File.Move(Path.Combine(folder, "made", "train.parquet"), Path.Combine(folder, "in", $"week{day % 2}", $"day{day}.parquet"), overwrite: true);
}

File.WriteAllText(Path.Combine(folder, "config.json"), """
    {
      "observationSize": 1, "sequenceIdColumnName": "SequenceId",
      "generative": { "type": "DeepMarkov", "latentSize": 1, "transition": { "type": "Linear" }, "emission": { "type": "Gaussian", "hiddenLayers": 0 } },
      "inference": { "type": "Structured", "hiddenSize": 8 },
      "epochs": 2, "filteringProposal": { "epochs": 2 }
    }
    """);
Run("train", "config.json", "--train", "made/valid.parquet", "--model", "model.zip", "--device", "cpu");

// The job, killed when its first output is there, and started again.
string[] job = ["score", "model.zip", "in/**/*.parquet", "--output", "out/", "--workers", "2", "--resume", "--device", "cpu"];
using (Process process = Start(job))
{
    while (!process.HasExited && Outputs().Length == 0)
        Thread.Sleep(5);
    process.Kill();
    process.WaitForExit();
}

Console.WriteLine($"killed with {Outputs().Length} of 6 files scored");
Run(job);
Run("verify", "out");

string[] Outputs() => Directory.Exists(Path.Combine(folder, "out")) ? Directory.GetFiles(Path.Combine(folder, "out"), "day?.parquet", SearchOption.AllDirectories) : [];

Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [tool, .. arguments]) { WorkingDirectory = folder })!;

void Run(params string[] arguments)
{
    using Process process = Start(arguments);
    process.WaitForExit();
    if (process.ExitCode != 0)
        throw new InvalidOperationException($"statespace {string.Join(' ', arguments)} ended with {process.ExitCode}");
}
