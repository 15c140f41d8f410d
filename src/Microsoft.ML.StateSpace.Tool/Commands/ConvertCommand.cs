using System.CommandLine;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace convert FILE --output OUT.parquet</c>: piano-rolls from text to Parquet, a row per sequence.</summary>
internal static class ConvertCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var file = new Argument<string>("file") { Description = "Piano-rolls as text, plain or gzip'd: a line a sequence, steps separated by ';', keys by ','." };
        var output = new Option<string>("--output") { Description = "Parquet file to write.", Required = true };
        var keys = new Option<int>("--keys") { Description = "Keys of a step.", DefaultValueFactory = _ => PianoRollText.PianoKeys };
        Shared.RequirePositive(keys);
        var command = new Command("convert", "Turn text piano-rolls into a Parquet file.") { file, output, keys };
        command.SetAction(parsed =>
        {
            cancellation.ThrowIfCancellationRequested();
            string source = InputFile.Require(parsed.GetRequiredValue(file));
            string target = parsed.GetRequiredValue(output);
            PendingFile.MakePlaceFor(target);
            long sequences = PianoRollText.Convert(source, target, Name(source), parsed.GetValue(keys));
            terminal.WriteMessage($"{target}: {sequences} sequences");
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The file's name up to its first known ending; it begins the sequences' ids.</summary>
    private static string Name(string path)
    {
        string name = Path.GetFileName(path);
        foreach (string ending in new[] { ".gz", ".txt" })
        {
            if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
                name = name[..^ending.Length];
        }

        return name;
    }
}
