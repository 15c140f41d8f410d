using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>How the faults of a table with a row per step are told: by file and row where it comes from Parquet files.</summary>
internal abstract class LongFormFaults
{
    /// <summary>The faults of a table.</summary>
    public static LongFormFaults Of(IDataView source) => source is ParquetDataView parquet ? new OfFile(parquet.FirstFile) : new OfView();

    /// <summary>A column is missing or of another type.</summary>
    public abstract Exception InSchema(string fault, string? column);

    /// <summary>The row that a cursor stands on has a fault.</summary>
    public abstract Exception AtRow(DataViewRow row, string fault, string column);

    /// <summary>A sequence has a fault.</summary>
    public abstract Exception InSequence(string fault, int? step = null);

    private sealed class OfFile(string name) : LongFormFaults
    {
        public override Exception InSchema(string fault, string? column) => new DataFileException(name, fault, column: column);

        public override Exception AtRow(DataViewRow row, string fault, string column) => ((ParquetCursor)row).Fault(fault, column);

        public override Exception InSequence(string fault, int? step) => new DataFileException(name, fault, step: step);
    }

    private sealed class OfView : LongFormFaults
    {
        public override Exception InSchema(string fault, string? column) =>
            new ArgumentOutOfRangeException("data", column is null ? fault : $"Column '{column}': {fault}.");

        public override Exception AtRow(DataViewRow row, string fault, string column) =>
            new SequenceFormatException(fault).At($"row {row.Position}, column '{column}'");

        public override Exception InSequence(string fault, int? step) => new SequenceFormatException(fault, step);
    }
}
