using System.CommandLine;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;
using Microsoft.ML.StateSpace.Tool.Report;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace report MODEL.zip DATA --output report.html</c>: what a model makes of data, as one page.</summary>
internal static class ReportCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var model = new Argument<string>("model") { Description = "A trained model (zip)." };
        var data = new Argument<string>("data") { Description = "Parquet file of sequences." };
        var output = new Option<string>("--output") { Description = "The page to write (HTML).", Required = true };
        Option<string> device = Shared.Device();
        var arguments = new ReportArguments();
        var command = new Command("report", "Show training, latents, reconstructions, forecasts and their calibration on one page.") { model, data, output, device };
        foreach (Option option in arguments.All)
            command.Add(option);
        command.SetAction(parsed =>
        {
            ReportOptions options = arguments.Read(parsed);
            using ModelFile trained = ModelFile.Load(parsed.GetRequiredValue(model), parsed.GetRequiredValue(device));
            return Run(terminal, trained, parsed.GetRequiredValue(model), parsed.GetRequiredValue(data), parsed.GetRequiredValue(output), options, cancellation);
        });
        return command;
    }

    private static int Run(Terminal terminal, ModelFile model, string modelPath, string dataPath, string output, ReportOptions options, CancellationToken cancellation)
    {
        var data = new DataFile(model.Context, dataPath);
        data.RequireRows(1, "there is nothing to report on");
        using var page = new PendingFile(output);
        string text = ProgressDisplay.Show(terminal, display => data.Use(view =>
            ReportPage.Of(new Examination(model, Path.GetFileName(modelPath), options, display, cancellation).Run(view, Path.GetFileName(dataPath)))));
        page.Commit(path => File.WriteAllText(path, text));
        terminal.WriteMessage($"{output}: {new FileInfo(page.Path).Length / 1000} kB");
        return ExitCode.Ok;
    }
}
