namespace Microsoft.ML.Data;

internal static class DataViewExtensions
{
    public static DataViewRowCursor GetRowCursor(this IDataView view, DataViewSchema.Column columnNeeded) => view.GetRowCursor([columnNeeded]);

    public static DataViewRowCursor GetRowCursor(this IDataView view) => view.GetRowCursor([]);

    public static DataViewRowCursor GetRowCursorForAllColumns(this IDataView view) => view.GetRowCursor(view.Schema);
}
