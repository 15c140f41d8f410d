using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tool.Files;

/// <summary>A Parquet file of sequences, whose faults are told with its name.</summary>
internal sealed class DataFile
{
    private readonly string _path;

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public DataFile(MLContext context, string path)
    {
        _path = InputFile.Require(path);
        View = context.StateSpace.Data.LoadFromParquet(path);
    }

    /// <summary>The rows.</summary>
    public IDataView View { get; }

    /// <summary>Writes rows into a Parquet file, which appears under its name only when it is complete.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="path">The file; its folder is made where there is none.</param>
    /// <param name="columns">The columns to write, in this order; null: all.</param>
    /// <param name="metadata">Pairs for the file's own metadata; null: none.</param>
    /// <exception cref="IOException">The file cannot be written; it is named.</exception>
    public static void Write(IDataView rows, string path, IReadOnlyList<string>? columns = null, IReadOnlyDictionary<string, string>? metadata = null)
    {
        PendingFile.MakePlaceFor(path);
        ParquetSequenceWriter.Write(rows, path, new ParquetSaveOptions { ColumnNames = columns }, metadata: metadata);
    }

    /// <summary>Makes sure that there is something to work on.</summary>
    /// <param name="least">The fewest rows that will do.</param>
    /// <param name="why">What fewer rows cannot be used for, and what to do.</param>
    /// <exception cref="InvalidDataException">There are fewer; names the file.</exception>
    public void RequireRows(int least, string why)
    {
        if (View.GetRowCount() is { } rows && rows < least)
            throw new InvalidDataException($"'{_path}' has {rows} row{(rows == 1 ? "" : "s")}; {why}");
    }

    /// <summary>Whether a failure tells of a file's rows or columns.</summary>
    public static bool IsDataError(Exception error) => error is SequenceFormatException or ArgumentOutOfRangeException;

    /// <summary>Works on the rows; a failure that tells of rows or columns is given the file's name.</summary>
    /// <exception cref="SequenceFormatException">A row is no sequence; names file, row, column and step.</exception>
    /// <exception cref="InvalidDataException">A column is missing or of another type; names file and column.</exception>
    /// <exception cref="ArithmeticException">A sequence's bound or scores are not finite; names file and sequence.</exception>
    public T Use<T>(Func<IDataView, T> work)
    {
        try
        {
            return work(View);
        }
        catch (SequenceFormatException error)
        {
            throw error.At($"'{_path}'");
        }
        catch (ArithmeticException error)
        {
            throw new ArithmeticException($"'{_path}': {error.Message}", error);
        }
        catch (ArgumentOutOfRangeException error)
        {
            throw new InvalidDataException($"'{_path}': {WithoutParameter(error)}", error);
        }
    }

    /// <summary>Reads every sequence as training would; returns how many there are.</summary>
    public int Check(DeepMarkovTrainer.Options options) =>
        Use(view => new SequenceBinding(view.Schema, options.Columns, options.Generative.FaultOf).Read(view).Count());

    /// <summary>What an exception says, without the name of a method's parameter.</summary>
    public static string WithoutParameter(ArgumentException error)
    {
        int suffix = error.Message.LastIndexOf(" (Parameter '", StringComparison.Ordinal);
        return suffix < 0 ? error.Message : error.Message[..suffix];
    }
}
