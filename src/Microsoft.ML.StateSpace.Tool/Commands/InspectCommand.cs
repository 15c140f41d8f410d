using System.CommandLine;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace inspect FILE</c>: what a model or a data file holds; <c>--system</c>: what decides how fast it runs here.</summary>
internal static class InspectCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var file = new Argument<string?>("file") { Description = "A model (zip) or a Parquet file.", Arity = ArgumentArity.ZeroOrOne };
        var system = new Option<bool>("--system") { Description = "Describe this machine and the settings that decide how fast it runs, not a file." };
        Option<string> format = Shared.Format();
        var command = new Command("inspect", "Say what a model or a data file holds, or how this machine is set up.") { file, system, format };
        command.Validators.Add(result =>
        {
            if (result.GetValue(system) == (result.GetValue(file) is not null))
                result.AddError("Give either a file or --system.");
        });
        command.SetAction(parsed =>
        {
            bool json = parsed.GetValue(format) == Shared.Json;
            if (parsed.GetValue(system))
            {
                Show(SystemDescription.Of(), json, terminal);
                return ExitCode.Ok;
            }
            string path = InputFile.Require(parsed.GetValue(file)!);
            // Both kinds of file say what they are in their first bytes.
            if (StartsWith(path, "PK"u8))
                Show(ModelDescription.Of(path), json, terminal);
            else if (StartsWith(path, "PAR1"u8))
                Show(DataDescription.Of(path, cancellation), json, terminal);
            else
                throw new InvalidDataException($"'{path}' is neither a model nor a Parquet file");
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Show<T>(T description, bool json, Terminal terminal) where T : IDescription
    {
        if (json)
            Shared.WriteJson(terminal.Output, description);
        else
            description.Print(terminal.Tables);
    }

    private static bool StartsWith(string path, ReadOnlySpan<byte> magic)
    {
        using FileStream stream = File.OpenRead(path);
        Span<byte> start = stackalloc byte[magic.Length];
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == magic.Length && start.SequenceEqual(magic);
    }
}
