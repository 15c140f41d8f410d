namespace Microsoft.ML.StateSpace.Data;

/// <summary>A data file cannot be used: it is missing, of another kind, truncated, corrupt, or holds a value or a type that does not fit.</summary>
/// <remarks>The message names the file, and the row, column and step where they are known, and says what to do.</remarks>
public sealed class DataFileException : FormatException
{
    /// <summary>Describes the fault and its place.</summary>
    /// <param name="fileName">The file.</param>
    /// <param name="fault">What is wrong, and what to do about it.</param>
    /// <param name="row">The row (for text, the line), counted from 0.</param>
    /// <param name="column">The column.</param>
    /// <param name="step">The step within the sequence, counted from 0.</param>
    /// <param name="inner">What was thrown when the fault was found.</param>
    public DataFileException(string fileName, string fault, long? row = null, string? column = null, int? step = null, Exception? inner = null)
        : base(Describe(fileName, fault, row, column, step), inner) =>
        (FileName, Fault, Row, Column, Step) = (fileName, fault, row, column, step);

    /// <summary>The file.</summary>
    public string FileName { get; }

    /// <summary>The fault alone, without its place.</summary>
    public string Fault { get; }

    /// <summary>The row (for text, the line), counted from 0, or null.</summary>
    public long? Row { get; }

    /// <summary>The column, or null.</summary>
    public string? Column { get; }

    /// <summary>The step within the sequence, counted from 0, or null.</summary>
    public int? Step { get; }

    private static string Describe(string fileName, string fault, long? row, string? column, int? step)
    {
        string place = $"'{fileName}'";
        place += row is null ? "" : $", row {row}";
        place += column is null ? "" : $", column '{column}'";
        place += step is null ? "" : $", step {step}";
        return $"{place}: {fault}";
    }
}
