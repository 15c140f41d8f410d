namespace Microsoft.ML.Data;

/// <summary>Places added columns among the input's: after the last one of the same name, which they hide, or at the end.</summary>
internal sealed class ColumnBindings
{
    // An input column by its index, an added one by the complement of its own.
    private readonly List<int> _sources;

    public ColumnBindings(DataViewSchema input, DataViewSchema.DetachedColumn[] added)
    {
        InputSchema = input;
        _sources = [.. Enumerable.Range(0, input.Count)];
        var columns = input.Select(c => new DataViewSchema.DetachedColumn(c)).ToList();
        for (int i = 0; i < added.Length; i++)
        {
            int same = columns.FindLastIndex(c => c.Name == added[i].Name);
            int place = same < 0 ? columns.Count : same + 1;
            columns.Insert(place, added[i]);
            _sources.Insert(place, ~i);
        }
        Schema = SchemaExtensions.MakeSchema(columns);
    }

    public DataViewSchema InputSchema { get; }

    public DataViewSchema Schema { get; }

    public bool IsInput(int column, out int index)
    {
        int source = _sources[column];
        index = source >= 0 ? source : ~source;
        return source >= 0;
    }

    public Func<int, bool> ActiveAdded(bool[] active) => added => active[_sources.IndexOf(~added)];

    public IEnumerable<DataViewSchema.Column> Dependencies(bool[] active, IRowMapper mapper)
    {
        var needed = mapper.GetDependencies(ActiveAdded(active));
        var passed = new bool[InputSchema.Count];
        for (int i = 0; i < active.Length; i++)
            if (active[i] && IsInput(i, out int index))
                passed[index] = true;
        return InputSchema.Where(c => passed[c.Index] || needed(c.Index));
    }
}
