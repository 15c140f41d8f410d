using Spectre.Console;

namespace Microsoft.ML.StateSpace.Tool.Console;

/// <summary>Where the command writes: results to stdout, everything else to stderr.</summary>
/// <param name="Output">Stdout: results only.</param>
/// <param name="Messages">Stderr as plain lines.</param>
/// <param name="Tables">Stdout for tables.</param>
/// <param name="Bars">Stderr for progress bars; null when it is no terminal.</param>
internal sealed record Terminal(TextWriter Output, TextWriter Messages, IAnsiConsole Tables, IAnsiConsole? Bars)
{
    private const int RedirectedWidth = 160;

    /// <summary>Stdin: what a verb is fed with line by line.</summary>
    public TextReader Input { get; init; } = TextReader.Null;

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess() => new(
        System.Console.Out,
        System.Console.Error,
        System.Console.IsOutputRedirected ? Plain(System.Console.Out) : Ansi(System.Console.Out),
        System.Console.IsErrorRedirected ? null : Ansi(System.Console.Error)) { Input = System.Console.In };

    /// <summary>A terminal that writes into two writers, as redirected streams do.</summary>
    public static Terminal Redirected(TextWriter output, TextWriter messages) => new(output, messages, Plain(output), null);

    /// <summary>One line for people.</summary>
    public void WriteMessage(string message) => Messages.WriteLine(message);

    /// <summary>The one line of a failure.</summary>
    public void WriteError(string message) => Messages.WriteLine($"error: {message}");

    private static IAnsiConsole Ansi(TextWriter writer) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });

    private static IAnsiConsole Plain(TextWriter writer)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = RedirectedWidth;
        return console;
    }
}
