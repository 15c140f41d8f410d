using System.Text.Json;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tool;

/// <summary>What the process says to its caller, and the one table that tells which exception means what.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int BadFile = 3;

    /// <summary>A batch job is done, but not with every file.</summary>
    public const int SomeFailed = 4;
    public const int Cancelled = 130;

    // The first row that fits counts: derived types stand before their bases.
    private static readonly (Type Type, int Code)[] Table =
    [
        (typeof(OperationCanceledException), Cancelled),
        (typeof(UsageException), Usage),
        (typeof(OptionsException), Usage),
        (typeof(JsonException), Usage),
        (typeof(OutputException), Failed),
        (typeof(FileNotFoundException), BadFile),
        (typeof(DirectoryNotFoundException), BadFile),
        (typeof(UnauthorizedAccessException), BadFile),
        (typeof(EndOfStreamException), BadFile),
        (typeof(InvalidDataException), BadFile),
        (typeof(FormatException), BadFile),
        // ML.NET refuses a schema that lacks a column, or has it in another type, with this one.
        (typeof(ArgumentOutOfRangeException), BadFile),
        (typeof(Exception), Failed),
    ];

    /// <summary>The exit code of a failure; an aggregate's is that of its first failure.</summary>
    public static int Of(Exception error)
    {
        Exception cause = Cause(error);
        return Table.First(row => row.Type.IsInstanceOfType(cause)).Code;
    }

    /// <summary>The failure that the user should hear of.</summary>
    public static Exception Cause(Exception error) =>
        error is AggregateException { InnerExceptions: [var first, ..] } ? Cause(first) : error;
}

/// <summary>The command line or a configuration is wrong.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>An output file cannot be written.</summary>
internal sealed class OutputException(string message, Exception? cause = null) : IOException(message, cause)
{
    /// <summary>The failure to write one file.</summary>
    public static OutputException Of(string path, Exception cause) =>
        new($"cannot write '{path}': {cause.Message.TrimEnd('.')}; check the folder, its permissions and the free space", cause);
}
