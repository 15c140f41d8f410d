using System.Globalization;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>What the fields of a text file mean.</summary>
/// <param name="file">The file.</param>
/// <param name="path">Its name, for messages.</param>
/// <param name="range">The rows to take; null: all.</param>
internal sealed class CsvFields(CsvFile file, string path, Range? range)
{
    private static readonly string[] Missing = ["", "?", "NA", "NaN", "N/A", "null"];
    private bool? _isTime;

    /// <summary>Whether the places are times.</summary>
    public bool HasTimes => _isTime == true;

    /// <summary>The rows to take, with their numbers. The array is used again.</summary>
    public IEnumerable<(string[] Fields, int Row)> Rows()
    {
        (int first, int end) = (range?.Start.Value ?? 0, range is { End.IsFromEnd: false } bounded ? bounded.End.Value : int.MaxValue);
        return file.Rows().Select((fields, row) => (fields, row)).TakeWhile(line => line.row < end).Where(line => line.row >= first);
    }

    public static bool IsMissing(string field) => Missing.Contains(field, StringComparer.OrdinalIgnoreCase);

    /// <summary>A name, which must be there.</summary>
    public string Name(string field, string what, int row, int column) => field.Length > 0 ? field : throw Fault($"the {what} is missing", row, column);

    /// <summary>A number, NaN where missing.</summary>
    /// <param name="field">The text.</param>
    /// <param name="advice">What to do where it is no number.</param>
    /// <param name="row">Its row.</param>
    /// <param name="column">Its column.</param>
    public float Number(string field, string advice, int row, int column)
    {
        if (float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out float value))
            return value;
        return IsMissing(field) ? float.NaN : throw Fault($"'{field}' is no number; {advice}", row, column);
    }

    /// <summary>A number or a time: what the first row has, all must have.</summary>
    public double Place(string field, int row, int column)
    {
        _isTime ??= !double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        if (_isTime == false && double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
            return number;
        const DateTimeStyles Universal = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return _isTime == true && DateTime.TryParse(field, CultureInfo.InvariantCulture, Universal, out DateTime time)
            ? (time - DateTime.UnixEpoch).TotalSeconds
            : throw Fault($"'{field}' is no {(_isTime == true ? "time" : "number, as the first row's is")}", row, column);
    }

    /// <summary>The different values of a column in the whole file, sorted: all parts that are cut from it then have the same columns.</summary>
    /// <param name="column">The column.</param>
    /// <param name="most">More are refused.</param>
    /// <param name="kind">What they are, for the message.</param>
    public List<string> ValuesOf(int column, int most, string kind)
    {
        var values = new SortedSet<string>(StringComparer.Ordinal);
        int row = 0;
        foreach (string[] fields in file.Rows())
        {
            if (!IsMissing(fields[column]) && values.Add(fields[column]) && values.Count > most)
                throw Fault($"it has over {most} different values, which are no {kind}", row, column);
            row++;
        }

        return [.. values];
    }

    public DataFileException Fault(string fault, int row, int column) => new(path, fault, row, file.Names[column]);
}
