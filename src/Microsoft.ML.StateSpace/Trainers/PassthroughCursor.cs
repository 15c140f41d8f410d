using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>A cursor for consumers that ask for the input's own columns only: the input's cursor under a wider schema.</summary>
internal sealed class PassthroughCursor(DataViewSchema schema, DataViewRowCursor input, IEnumerable<DataViewSchema.Column> active) : DataViewRowCursor
{
    private readonly HashSet<int> _active = [.. active.Select(c => c.Index)];

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override DataViewSchema Schema => schema;

    public override bool MoveNext() => input.MoveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    /// <exception cref="ArgumentOutOfRangeException">The column is not active.</exception>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => IsColumnActive(column)
        ? input.GetGetter<TValue>(input.Schema[column.Index])
        : throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' is not active.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            input.Dispose();
        base.Dispose(disposing);
    }
}
