using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>The options of <c>convert</c> for text files of numbers.</summary>
internal sealed class CsvOptions
{
    private readonly Option<string?> _key = new("--key") { Description = "CSV: the column that names a row's sequence. Without it all rows are one." };
    private readonly Option<string?> _order = new("--order") { Description = "CSV: the column (number or time) that orders the steps. Without it the rows' order." };
    private readonly Option<string?> _values = Names("--values", "CSV: the observed columns, as a,b,c. Without it every column that has no other part.");
    private readonly Option<string?> _controls = Names("--controls", "CSV: columns that drive the transitions.");
    private readonly Option<string?> _categories = Names("--categories", "CSV: text columns that become controls, a 0 or 1 for each value.");
    private readonly Option<string?> _cycles = Names("--cycles", "CSV: controls that say where in a cycle a step is, a sine and a cosine each: day, week or year of the time that --order names, or column:period, as hour:24.");
    private readonly Option<string?> _lags = Names("--lags", "CSV: controls that hold the observed columns so many steps earlier, as 24,168. Good for forecasts up to the least of them.");
    private readonly Option<string?> _statics = Names("--statics", "CSV: columns that hold for a whole sequence; its first step's values are taken.");
    private readonly Option<string?> _pivot = new("--pivot") { Description = "CSV: a row is one observation: the column that names the variable and that of its value, as name:value. The variables, or those of --values, become the observed columns." };
    private readonly Option<string?> _duplicates = new("--duplicates") { Description = "With --pivot, two values of one variable at one time: last takes the later row's. Default: refuse." };
    private readonly Option<bool> _times = new("--times") { Description = "CSV: keep the order as the column Times (seconds since 1970 for times)." };
    private readonly Option<int?> _window = new("--window") { Description = "CSV: cut each sequence into windows of so many steps." };
    private readonly Option<int?> _stride = new("--stride") { Description = "CSV: steps from one window to the next. Default: the window's length." };
    private readonly Option<string?> _rows = new("--rows") { Description = "CSV: take rows A to B - 1, counted from 0, written A..B; A.. and ..B leave one end open." };

    public CsvOptions()
    {
        Shared.RequirePositive(_window, _stride);
        _rows.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && Parse(token.Value) is null)
                result.AddError($"--rows is '{token.Value}'; write A..B with A below B");
        });
        _duplicates.AcceptOnlyFromAmong("last");
        All = [_key, _order, _values, _controls, _categories, _cycles, _lags, _statics, _pivot, _duplicates, _times, _window, _stride, _rows];
    }

    /// <summary>The options, for the command.</summary>
    public IReadOnlyList<Option> All { get; }

    /// <summary>The names of those that were given.</summary>
    public IReadOnlyList<string> Given(ParseResult parsed) =>
        All.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => option.Name).ToList();

    /// <summary>What was asked for.</summary>
    /// <exception cref="UsageException">An option needs another.</exception>
    public CsvConversion Read(ParseResult parsed)
    {
        if (parsed.GetValue(_times) && parsed.GetValue(_order) is null)
            throw new UsageException("--times keeps what --order names: give it");
        if (parsed.GetValue(_order) is null && Split(parsed.GetValue(_cycles)).Select(CsvCycle.Parse).FirstOrDefault(c => c.Column is null) is { } cycle)
            throw new UsageException($"--cycles {cycle.Name} is a phase of the time that --order names: give it");
        if (parsed.GetValue(_stride) is not null && parsed.GetValue(_window) is null)
            throw new UsageException("--stride moves the windows that --window makes: give it");
        CsvPivot? pivot = parsed.GetValue(_pivot) is { } columns ? CsvPivot.Parse(columns, parsed.GetValue(_duplicates) is not null) : null;
        CheckPivot(parsed, pivot);
        return new CsvConversion
        {
            Pivot = pivot,
            Key = parsed.GetValue(_key),
            Order = parsed.GetValue(_order),
            Values = Split(parsed.GetValue(_values)),
            Controls = Split(parsed.GetValue(_controls)),
            Categories = Split(parsed.GetValue(_categories)),
            Cycles = [.. Split(parsed.GetValue(_cycles)).Select(CsvCycle.Parse)],
            Lags = [.. Split(parsed.GetValue(_lags)).Select(Lag)],
            Statics = Split(parsed.GetValue(_statics)),
            Times = parsed.GetValue(_times),
            Window = parsed.GetValue(_window),
            Stride = parsed.GetValue(_stride),
            Rows = parsed.GetValue(_rows) is { } rows ? Parse(rows) : null,
        };
    }

    // A row of events has no columns that hold for a step.
    private void CheckPivot(ParseResult parsed, CsvPivot? pivot)
    {
        if (pivot is null && parsed.GetValue(_duplicates) is not null)
            throw new UsageException("--duplicates is for the events that --pivot makes steps of: give it");
        if (pivot is null)
            return;
        if (parsed.GetValue(_order) is not { } order)
            throw new UsageException("--pivot puts together what was observed at one time: name its column with --order");
        foreach (Option<string?> option in (Option<string?>[])[_controls, _categories, _cycles, _lags, _statics])
            if (parsed.GetValue(option) is not null)
                throw new UsageException($"{option.Name} is for tables with a row per step; with --pivot a row is one observation");
        if (new[] { order, parsed.GetValue(_key) }.Intersect([pivot.Variable, pivot.Value]).FirstOrDefault() is { } twice)
            throw new UsageException($"--pivot names '{twice}', which --key or --order names too");
        if (Split(parsed.GetValue(_values)).GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } repeated)
            throw new UsageException($"--values names '{repeated.Key}' twice");
    }

    private static Option<string?> Names(string name, string description) => new(name) { Description = description };

    private static string[] Split(string? names) =>
        names?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static int Lag(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int lag) && lag > 0
        ? lag
        : throw new UsageException($"--lags holds '{text}'; write numbers of steps above 0, as 24,168");

    private static Range? Parse(string text)
    {
        string[] ends = text.Split("..");
        int first = 0;
        int last = 0;
        bool Number(string end, out int number) => int.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        if (ends.Length != 2 || (ends[0].Length > 0 && !Number(ends[0], out first)) || (ends[1].Length > 0 && !Number(ends[1], out last)))
            return null;
        return ends[1].Length == 0 ? Range.StartAt(first) : first < last ? first..last : null;
    }
}
