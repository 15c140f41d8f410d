using System.CommandLine;
using Microsoft.ML.StateSpace.Examples.Demo;
using Spectre.Console;

var statespace = new Option<FileInfo>("--statespace")
{
    Description = "The launcher of the statespace command.",
    DefaultValueFactory = _ => new FileInfo(Path.Combine("artifacts", "statespace")),
};
var output = new Option<DirectoryInfo>("--output")
{
    Description = "Where data, model, scores and report.json go.",
    DefaultValueFactory = _ => new DirectoryInfo(Path.Combine("artifacts", "demo")),
};
var configs = new Option<DirectoryInfo>("--configs")
{
    Description = "Where the configurations are.",
    DefaultValueFactory = _ => new DirectoryInfo(Path.Combine("examples", "configs")),
};
var data = new Option<DirectoryInfo?>("--data") { Description = "Instead of the synthetic system: a folder with the JSB chorales." };
var maxTime = new Option<string?>("--max-time") { Description = "With --data: train on the whole schedule, up to this time, for example 25m; without it on a short one." };
var root = new RootCommand("Trains a deep Markov model from nothing and compares it with the best there can be.")
{
    statespace, output, configs, data, maxTime,
};
root.SetAction(parsed =>
{
    var workshop = new Workshop(parsed.GetRequiredValue(statespace), parsed.GetRequiredValue(output), parsed.GetRequiredValue(configs));
    try
    {
        return parsed.GetValue(data) is { } folder
            ? ChoralesDemo.Run(workshop, folder, parsed.GetValue(maxTime))
            : SyntheticDemo.Run(workshop);
    }
    catch (StepFailedException failure)
    {
        Screen.Console.MarkupLineInterpolated($"[red]{failure.Message}[/]");
        return failure.ExitCode;
    }
});
return root.Parse(args).Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null });
