namespace Microsoft.ML.StateSpace.Data;

/// <summary>What to take from Parquet files, and in which form their rows are.</summary>
/// <remarks>
/// Without <see cref="KeyColumnName"/> a row of the file is a sequence, with list columns. With it a row is one step of a
/// sequence (the long form), and the steps of a key become one row.
/// </remarks>
public sealed record ParquetLoadOptions
{
    /// <summary>Columns to take, in this order; null: every column of a type that ML.NET can hold.</summary>
    public IReadOnlyList<string>? ColumnNames { get; init; }

    /// <summary>Long form: the column (text or integer) that names a step's sequence. It becomes a text column.</summary>
    public string? KeyColumnName { get; init; }

    /// <summary>Long form: the column (number or time) that orders the steps of a sequence; null: the order of the rows.</summary>
    public string? OrderColumnName { get; init; }

    /// <summary>Long form: the observed columns; null: every Single and Double column that has no other part.</summary>
    public IReadOnlyList<string>? ValueColumnNames { get; init; }

    /// <summary>Long form: the name of the vector column made of the observed ones, step-major, missing values as NaN.</summary>
    public string ObservationColumnName { get; init; } = "Observations";

    /// <summary>Long form: columns that drive the transitions; null: none.</summary>
    public IReadOnlyList<string>? ControlValueColumnNames { get; init; }

    /// <summary>Long form: the name of the vector column made of the controls.</summary>
    public string ControlColumnName { get; init; } = "Controls";

    /// <summary>Long form: columns that hold for a whole sequence: the values at its first step are taken; null: none.</summary>
    public IReadOnlyList<string>? StaticValueColumnNames { get; init; }

    /// <summary>Long form: the name of the vector column made of them.</summary>
    public string StaticColumnName { get; init; } = "Statics";

    /// <summary>
    /// Long form: a name under which the order column is kept, a Double per step (seconds since 1970 for times); null: it is dropped.
    /// </summary>
    public string? TimesColumnName { get; init; }

    /// <summary>
    /// Long form: the rows of a key follow one another, so that one sequence at a time is held in memory. Default false: the
    /// whole table is read when it is loaded.
    /// </summary>
    public bool KeysAreContiguous { get; init; }

    /// <summary>
    /// The memory, in bytes, that the row groups a cursor holds may take while they are read; default 1 GiB. A file with a larger
    /// row group is refused. In the long form, unless keys are contiguous, also what the whole table may take.
    /// </summary>
    public long MaxBufferedBytes { get; init; } = 1L << 30;

    /// <summary>
    /// A shuffled cursor holds row groups, taken in random order, until they have this many rows together (or would take more than
    /// <see cref="MaxBufferedBytes"/>), and visits their rows in random order; at least 1, which shuffles each group by itself. Default 8,192.
    /// In the long form it draws from this many sequences, read in order, where keys are contiguous, else from all of them.
    /// </summary>
    public int ShuffleBufferRows { get; init; } = 8192;

    /// <summary>The columns of the files that are read; null: every one.</summary>
    internal IReadOnlyList<string>? SourceColumnNames => KeyColumnName is null ? ColumnNames : null;

    /// <summary>How the long form is read.</summary>
    internal SequenceGroupingOptions Grouping => new()
    {
        KeyColumnName = KeyColumnName,
        OrderColumnName = OrderColumnName,
        ValueColumnNames = ValueColumnNames,
        ObservationColumnName = ObservationColumnName,
        ControlValueColumnNames = ControlValueColumnNames,
        ControlColumnName = ControlColumnName,
        StaticValueColumnNames = StaticValueColumnNames,
        StaticColumnName = StaticColumnName,
        TimesColumnName = TimesColumnName,
        KeysAreContiguous = KeysAreContiguous,
        MaxBufferedBytes = MaxBufferedBytes,
        ShuffleBufferRows = ShuffleBufferRows,
    };

    /// <exception cref="ArgumentException">An option is out of range, or needs another; it is named.</exception>
    internal void Check() => Grouping.Check();
}
