namespace Microsoft.ML.StateSpace.Examples.Demo;

/// <summary>A step of the demonstration did not succeed.</summary>
internal sealed class StepFailedException(string message, int exitCode) : Exception(message)
{
    /// <summary>What the demonstration exits with.</summary>
    public int ExitCode { get; } = exitCode;
}
