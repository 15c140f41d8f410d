using System.Globalization;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>A cycle that a step's place in is told by two controls, sine and cosine of 2π times its phase.</summary>
/// <param name="Name">As it was asked for.</param>
/// <param name="Column">The column of numbers it is of; null: the time that orders the steps.</param>
/// <param name="Period">The cycle's length in the column's unit; of times in seconds.</param>
internal sealed record CsvCycle(string Name, string? Column, double Period)
{
    // A Gregorian year on average.
    private const double Day = 86400, Week = 7 * Day, Year = 365.2425 * Day;

    /// <summary>Reads <c>day</c>, <c>week</c>, <c>year</c> or <c>column:period</c>.</summary>
    /// <exception cref="UsageException">It is none of these.</exception>
    public static CsvCycle Parse(string text)
    {
        switch (text)
        {
            case "day":
                return new(text, null, Day);
            case "week":
                return new(text, null, Week);
            case "year":
                return new(text, null, Year);
        }
        int colon = text.LastIndexOf(':');
        bool isNumber = double.TryParse(text.AsSpan(colon + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double period);
        return colon > 0 && isNumber && double.IsFinite(period) && period > 0
            ? new(text, text[..colon], period)
            : throw new UsageException($"--cycles holds '{text}'; write day, week, year, or a column and its period, as hour:24");
    }

    /// <summary>The two controls at a place, missing where the place is.</summary>
    public float[] Controls(double place)
    {
        (double sine, double cosine) = Math.SinCos(2 * Math.PI * (place / Period % 1));
        return [(float)sine, (float)cosine];
    }
}
