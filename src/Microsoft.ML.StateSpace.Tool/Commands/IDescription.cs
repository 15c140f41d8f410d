using Spectre.Console;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>What <c>inspect</c> found; its properties are the JSON form.</summary>
internal interface IDescription
{
    /// <summary>Shows it to people.</summary>
    void Print(IAnsiConsole console);
}
