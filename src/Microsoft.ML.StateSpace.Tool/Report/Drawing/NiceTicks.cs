namespace Microsoft.ML.StateSpace.Tool.Report.Drawing;

/// <summary>Round numbers to mark an axis at: multiples of 1, 2 or 5 times a power of ten.</summary>
internal static class NiceTicks
{
    /// <summary>The ticks inside a range, rising; about as many as asked for.</summary>
    public static IReadOnlyList<double> Of(Extent span, int about)
    {
        double step = Step(span, about);
        var ticks = new List<double>();
        // Counted, not summed: a sum of tenths misses the last tick.
        for (double n = Math.Ceiling(span.From / step - 1e-9); n * step <= span.To + 1e-9 * step; n++)
            ticks.Add(n == 0 ? 0 : n * step);
        return ticks;
    }

    /// <summary>Of steps: whole numbers only.</summary>
    public static IReadOnlyList<double> OfWhole(Extent span, int about) =>
        Step(span, about) >= 1 ? Of(span, about) : Of(span, Math.Max(1, (int)span.Length));

    /// <summary>The step between ticks: the one whose number of intervals is nearest to <paramref name="about"/>, as a ratio.</summary>
    public static double Step(Extent span, int about)
    {
        double rough = span.Length / Math.Max(1, about), power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return new[] { power, 2 * power, 5 * power, 10 * power }.MinBy(step => Math.Abs(Math.Log(step / rough)));
    }

    /// <summary>A tick's label, with the decimals that its step needs.</summary>
    public static string Label(double tick, double step)
    {
        if (Math.Abs(tick) >= 1e6 || (tick != 0 && step < 1e-5))
            return Markup.Figure(tick);
        int decimals = Math.Clamp((int)-Math.Floor(Math.Log10(step) + 1e-9), 0, 6);
        return tick.ToString($"f{decimals}", System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>A range of numbers that is not empty.</summary>
internal readonly record struct Extent
{
    /// <summary>Where both ends are one number, a range around it.</summary>
    public Extent(double from, double to)
    {
        if (!double.IsFinite(from) || !double.IsFinite(to))
            throw new ArgumentOutOfRangeException(nameof(from), $"A range from {from} to {to} has no ticks.");
        double margin = from == to ? Math.Max(Math.Abs(from), 1) * 0.5 : 0;
        (From, To) = (Math.Min(from, to) - margin, Math.Max(from, to) + margin);
    }

    public double From { get; }

    public double To { get; }

    public double Length => To - From;

    /// <summary>The range of all values that are numbers, with some room; 0 to 1 where there are none.</summary>
    public static Extent Of(IEnumerable<double> values, double room = 0.05)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values.Where(double.IsFinite))
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        if (low > high)
            return new Extent(0, 1);
        var tight = new Extent(low, high);
        return new Extent(tight.From - room * tight.Length, tight.To + room * tight.Length);
    }
}
