using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>Which columns of a text file play which part, and how its rows, a step each, become sequences.</summary>
internal sealed record CsvConversion
{
    public string? Key { get; init; }

    public string? Order { get; init; }

    public IReadOnlyList<string> Values { get; init; } = [];

    public IReadOnlyList<string> Controls { get; init; } = [];

    /// <summary>Text columns that become controls, a 0 or 1 for each of their values.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Cycles whose phases become controls, two each.</summary>
    public IReadOnlyList<CsvCycle> Cycles { get; init; } = [];

    /// <summary>Steps earlier at which observed columns become controls.</summary>
    public IReadOnlyList<int> Lags { get; init; } = [];

    public IReadOnlyList<string> Statics { get; init; } = [];

    /// <summary>How a table of events becomes steps; null: a row is a step.</summary>
    public CsvPivot? Pivot { get; init; }

    public bool Times { get; init; }

    public int? Window { get; init; }

    public int? Stride { get; init; }

    /// <summary>The rows to take.</summary>
    public Range? Rows { get; init; }

    /// <summary>Converts; returns how many sequences were written.</summary>
    /// <exception cref="DataFileException">A field is no number; names row and column.</exception>
    public long Run(string source, string name, string target, CancellationToken cancellation)
    {
        var context = new MLContext();
        var file = new CsvFile(context, source);
        var fields = new CsvFields(file, source, Rows);
        ICsvSteps reader = Pivot is null ? new CsvRows(this, file, fields, name) : new CsvEvents(this, file, fields, name);
        if (reader.Sizes.Values == 0)
            throw Pivot is null ? new UsageException("--values names the observed columns; all columns of the file have other parts")
                : new InvalidDataException($"'{source}' names no variable in its column '{Pivot.Variable}'");
        IDataView steps = context.Data.LoadFromEnumerable(reader.Read(), Schema(reader.Sizes));
        IDataView sequences = context.StateSpace.Data.GroupIntoSequences(steps, Grouping(reader.Sizes));
        if (sequences.GetRowCount() is not > 0)
            throw new InvalidDataException($"'{source}' makes no sequence: it has no rows there, or too few for a window");
        DataFile.Write(new WatchedDataView(sequences, _ => cancellation.ThrowIfCancellationRequested()), target);
        return sequences.GetRowCount() ?? 0;
    }

    private SequenceGroupingOptions Grouping(CsvSizes sizes) => new()
    {
        KeyColumnName = nameof(CsvStep.Sequence),
        SequenceIdColumnName = "SequenceId",
        OrderColumnName = Order is null ? null : nameof(CsvStep.Order),
        TimesColumnName = Times ? "Times" : null,
        ValueColumnNames = [nameof(CsvStep.Values)],
        ControlValueColumnNames = sizes.Controls > 0 ? [nameof(CsvStep.Controls)] : null,
        StaticValueColumnNames = sizes.Statics > 0 ? [nameof(CsvStep.Statics)] : null,
        Lags = Lags,
        WindowLength = Window,
        Stride = Stride,
    };

    private static SchemaDefinition Schema(CsvSizes sizes)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(CsvStep));
        schema[nameof(CsvStep.Values)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, sizes.Values);
        schema[nameof(CsvStep.Controls)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, sizes.Controls);
        schema[nameof(CsvStep.Statics)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, sizes.Statics);
        return schema;
    }
}
