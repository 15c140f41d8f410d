namespace Microsoft.ML.StateSpace.Data;

/// <summary>How the rows of a table with a row per step (the long form) become sequences, a row each.</summary>
/// <remarks>
/// The result has a text column with the sequences' names, a vector column of the observed values, step-major, missing ones as NaN,
/// and where they are asked for vector columns of controls and static covariates (Single) and times (Double). The vector types tell how
/// many numbers a step has.
/// </remarks>
public sealed record SequenceGroupingOptions
{
    /// <summary>The column (text or integer) that names a step's sequence; null: all steps are one sequence.</summary>
    public string? KeyColumnName { get; init; }

    /// <summary>The text column that the sequences' names go to; null: named as the key column, or SequenceId without one.</summary>
    public string? SequenceIdColumnName { get; init; }

    /// <summary>The name of the one sequence where there is no key column. Default series.</summary>
    public string SequenceName { get; init; } = "series";

    /// <summary>The column (number or time) that orders the steps of a sequence; null: the order of the rows.</summary>
    public string? OrderColumnName { get; init; }

    /// <summary>The observed columns: numbers or Booleans; null: every Single and Double column that has no other part.</summary>
    public IReadOnlyList<string>? ValueColumnNames { get; init; }

    /// <summary>The name of the vector column made of the observed ones.</summary>
    public string ObservationColumnName { get; init; } = "Observations";

    /// <summary>Columns that drive the transitions; null: none.</summary>
    public IReadOnlyList<string>? ControlValueColumnNames { get; init; }

    /// <summary>The name of the vector column made of the controls.</summary>
    public string ControlColumnName { get; init; } = "Controls";

    /// <summary>Lags whose observed values become controls, after those of <see cref="ControlValueColumnNames"/>: at a lag of 24, x_{t−24} is a control of step t;
    /// null: none. A value that is missing is taken a lag earlier, as often as it takes; the first steps, for which nothing that early is known,
    /// are left out.</summary>
    /// <remarks>A forecast may use them up to a horizon of the least lag; beyond it they would tell what is to be forecast.</remarks>
    public IReadOnlyList<int>? Lags { get; init; }

    /// <summary>Columns that hold for a whole sequence: the values at its first step are taken; null: none.</summary>
    public IReadOnlyList<string>? StaticValueColumnNames { get; init; }

    /// <summary>The name of the vector column made of them.</summary>
    public string StaticColumnName { get; init; } = "Statics";

    /// <summary>
    /// A name under which the order column is kept, a Double per step (seconds since 1970 for times); null: it is dropped.
    /// </summary>
    public string? TimesColumnName { get; init; }

    /// <summary>
    /// Cuts each sequence into windows of so many steps, a row each, named name@first with the window's first step, counted from 0; null: it stays
    /// whole. A window in which nothing is observed is left out.
    /// </summary>
    public int? WindowLength { get; init; }

    /// <summary>The steps from one window to the next; null: the window's length, so that windows do not overlap.</summary>
    public int? Stride { get; init; }

    /// <summary>
    /// Makes a shorter row of the steps that are left after the last whole window, and of a sequence shorter than one. Default false: they are left out.
    /// </summary>
    public bool KeepPartialWindows { get; init; }

    /// <summary>
    /// The rows of a key follow one another, so that one sequence at a time is held in memory. Default false: the whole table is
    /// read at once.
    /// </summary>
    public bool KeysAreContiguous { get; init; }

    /// <summary>About the most memory, in bytes, that the steps held at a time may take; default 1 GiB. More are refused.</summary>
    public long MaxBufferedBytes { get; init; } = 1L << 30;

    /// <summary>
    /// With contiguous keys, a shuffled cursor draws from this many rows, read in the order of the table; at least 1, which keeps that order. Default 8,192.
    /// Without, the order is entirely random.
    /// </summary>
    public int ShuffleBufferRows { get; init; } = 8192;

    internal string IdColumnName => SequenceIdColumnName ?? KeyColumnName ?? "SequenceId";

    /// <exception cref="ArgumentException">An option is out of range, or needs another; it is named.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBufferedBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ShuffleBufferRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(WindowLength ?? 1, 1, nameof(WindowLength));
        ArgumentOutOfRangeException.ThrowIfLessThan(Stride ?? 1, 1, nameof(Stride));
        foreach (int lag in Lags ?? [])
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(lag, 1, nameof(Lags));
        }

        if (TimesColumnName is not null && OrderColumnName is null)
        {
            throw new ArgumentException("TimesColumnName needs OrderColumnName, whose values it keeps.", nameof(TimesColumnName));
        }

        if (WindowLength is null && (Stride is not null || KeepPartialWindows))
        {
            throw new ArgumentException("Stride and KeepPartialWindows need WindowLength.", nameof(WindowLength));
        }
    }
}
