using Spectre.Console;

namespace Microsoft.ML.StateSpace.Examples.Demo;

/// <summary>Where the demonstration writes: a terminal, or a file without colours and of a fixed width.</summary>
internal static class Screen
{
    private const int FileWidth = 160;

    /// <summary>Stdout.</summary>
    public static IAnsiConsole Console { get; } = Create();

    private static IAnsiConsole Create()
    {
        if (!System.Console.IsOutputRedirected)
            return AnsiConsole.Console;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = FileWidth;
        return console;
    }
}
