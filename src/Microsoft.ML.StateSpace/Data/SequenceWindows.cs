using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>Sequences cut into consecutive windows, so that only one window's steps need be laid out at a time.</summary>
/// <remarks>The rows stand as in one batch of them all, longest first; those of a window are the first ones of the window before.</remarks>
internal sealed class SequenceWindows
{
    private readonly Sequence[] _rows;
    private readonly int _steps;
    private readonly bool _masked;

    /// <param name="rows">The sequences, at least one.</param>
    /// <param name="steps">The steps of a window; the last one has what is left.</param>
    public SequenceWindows(IReadOnlyList<Sequence> rows, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        Order = [.. Enumerable.Range(0, rows.Count).OrderByDescending(i => rows[i].Length)];
        _rows = [.. Order.Select(i => rows[i])];
        _steps = steps;
        _masked = rows.Any(r => r.HasMissing);
        Count = (_rows[0].Length - 1) / steps + 1;
    }

    /// <summary>How many windows there are.</summary>
    public int Count { get; }

    /// <summary>For each row its place in the list the windows were made of.</summary>
    public int[] Order { get; }

    /// <summary>The whole sequences, longest first.</summary>
    public IReadOnlyList<Sequence> Rows => _rows;

    /// <summary>Rows that have steps in a window; 0 after the last one.</summary>
    public int RowsIn(int window) => _rows.TakeWhile(row => row.Length > (long)window * _steps).Count();

    /// <summary>Lays a window out.</summary>
    public SequenceBatch Create(int window, Device device, ScalarType type)
    {
        int start = window * _steps;
        return SequenceBatch.Create([.. _rows.Take(RowsIn(window)).Select(row => row.Slice(start, Math.Min(_steps, row.Length - start)))],
            device, type, _masked);
    }
}
