using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>How a line is split into fields.</summary>
internal sealed class TextFormat
{
    private readonly char[] _separators;
    private readonly bool _quoting, _trim, _spaceSeparates;
    private readonly char _escape;

    public TextFormat(IHost host, TextLoader.Options options)
    {
        _separators = [.. options.Separators.Distinct()];
        host.CheckUserArg(_separators.Length > 0, nameof(options.Separators), "Must specify a separator");
        foreach (char separator in _separators)
            if (separator != '\t' && (separator < ' ' || char.IsAsciiDigit(separator) || separator == '"'))
                throw host.ExceptUserArg(nameof(options.Separators), $"Illegal separator: '{separator}'");
        if (options.DecimalMarker is not ('.' or ','))
            throw host.ExceptUserArg(nameof(options.DecimalMarker), "It must be '.' or ','.");
        if (!options.AllowQuoting && options.DecimalMarker == ',' && _separators.Contains(','))
            throw host.ExceptUserArg(nameof(options.AllowQuoting), "Quoting must be allowed if decimal marker and separator are the ',' character.");
        if (_separators.Contains(options.EscapeChar))
            throw host.ExceptUserArg(nameof(options.EscapeChar), $"EscapeChar '{options.EscapeChar}' can't be used both as EscapeChar and separator");
        MaxRows = options.MaxRows ?? long.MaxValue;
        host.CheckUserArg(MaxRows >= 0, nameof(options.MaxRows));
        (_quoting, _trim, _escape, HasHeader) = (options.AllowQuoting, options.TrimWhitespace, options.EscapeChar, options.HasHeader);
        (Numbers, _spaceSeparates) = (new TextNumbers(options.DecimalMarker, options.MissingRealsAsNaNs), _separators.Contains(' '));
    }

    public bool HasHeader { get; }

    public long MaxRows { get; }

    public TextNumbers Numbers { get; }

    /// <summary>The fields of a line; one whose quotes are wrong is empty.</summary>
    public void Split(string line, List<ReadOnlyMemory<char>> fields)
    {
        fields.Clear();
        int end = _trim ? line.AsSpan().TrimEnd().Length : line.Length;
        int at = 0;
        do
            fields.Add(Next(line, end, ref at));
        while (at <= end);
    }

    // Leaves at behind the separator, or behind the end.
    private ReadOnlyMemory<char> Next(string line, int end, ref int at)
    {
        while (!_spaceSeparates && at < end && line[at] == ' ')
            at++;
        int start = at;
        if (_quoting && at < end && line[at] == '"')
            return Quoted(line, end, ref at);
        while (at < end && !_separators.Contains(line[at]))
            at++;
        return line.AsMemory(start, at++ - start);
    }

    private ReadOnlyMemory<char> Quoted(string line, int end, ref int at)
    {
        var text = new StringBuilder();
        bool closed = false, good = true;
        for (at++; at < end && !closed; at++)
        {
            bool escapes = line[at] == _escape && at + 1 < end && line[at + 1] == '"';
            if (escapes)
                text.Append(line[++at]);
            else if (line[at] == '"')
                closed = true;
            else
                text.Append(line[at]);
        }
        for (; at < end && !_separators.Contains(line[at]); at++)
            good &= line[at] == ' ';
        at++;
        return closed && good ? text.ToString().AsMemory() : default;
    }
}
