using System.CommandLine;
using Microsoft.ML.StateSpace.Tool.Commands;
using Microsoft.ML.StateSpace.Tool.Console;

namespace Microsoft.ML.StateSpace.Tool;

/// <summary>The command line as a function: arguments in, exit code out.</summary>
internal static class Application
{
    /// <summary>Parses and runs a command line; failures become one line on stderr and an exit code.</summary>
    public static int Run(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellation)
    {
        var verbose = new Option<bool>("--verbose") { Description = "Show where an error came from.", Recursive = true };
        RootCommand root = new("Deep state space models: generate, convert, train, evaluate, evaluate-imputation, score, verify, forecast, filter, sample, backtest, report, inspect.")
        {
            verbose,
            GenerateCommand.Create(terminal, cancellation),
            ConvertCommand.Create(terminal, cancellation),
            TrainCommand.Create(terminal, cancellation),
            EvaluateCommand.Create(terminal, cancellation),
            EvaluateImputationCommand.Create(terminal, cancellation),
            ScoreCommand.Create(terminal, cancellation),
            VerifyCommand.Create(terminal, cancellation),
            ForecastCommand.Create(terminal, cancellation),
            FilterCommand.Create(terminal, cancellation),
            SampleCommand.Create(terminal, cancellation),
            BacktestCommand.Create(terminal, cancellation),
            ReportCommand.Create(terminal, cancellation),
            InspectCommand.Create(terminal, cancellation),
        };
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            terminal.WriteError(FaultOf(parsed));
            return ExitCode.Usage;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = terminal.Output,
                Error = terminal.Messages,
            });
        }
        // The boundary of the program: whatever went wrong leaves as one line and a code.
        catch (Exception error) when (ExitCode.Of(error) is var code)
        {
            Exception cause = ExitCode.Cause(error);
            terminal.WriteError(code == ExitCode.Cancelled ? "cancelled" : OneLine(cause.Message));
            if (parsed.GetValue(verbose))
                terminal.Messages.WriteLine(error);
            return code;
        }
    }

    /// <summary>The most telling fault: a word that was not understood before one that was not found.</summary>
    private static string FaultOf(ParseResult parsed)
    {
        string[] faults = [.. parsed.Errors.Select(error => OneLine(error.Message))];
        string fault = faults.FirstOrDefault(text => parsed.UnmatchedTokens.Any(text.Contains)) ?? faults[0];
        string name = parsed.CommandResult.Command is RootCommand ? "" : $" {parsed.CommandResult.Command.Name}";
        return $"{fault} (see: statespace{name} --help)";
    }

    /// <summary>A message without its line breaks.</summary>
    public static string OneLine(string message) =>
        string.Join(' ', message.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
