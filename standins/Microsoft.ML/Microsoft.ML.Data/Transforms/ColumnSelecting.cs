using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass("Selects which columns from the dataset to keep.", typeof(ColumnSelectingTransformer), null, typeof(SignatureLoadModel),
    "Select Columns Transform", ColumnSelectingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms;

/// <summary>Keeps the named columns, in that order, or drops them.</summary>
public sealed class ColumnSelectingEstimator : TrivialEstimator<ColumnSelectingTransformer>
{
    internal ColumnSelectingEstimator(IHostEnvironment env, string[] keepColumns, string[] dropColumns, bool keepHidden = false)
        : base(env.Register(nameof(ColumnSelectingEstimator)), new ColumnSelectingTransformer(env, keepColumns, dropColumns, keepHidden))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        Transformer.CheckNames(inputSchema.Select(c => c.Name), nameof(inputSchema));
        return new SchemaShape(inputSchema.Where(c => Transformer.Selects(c.Name)));
    }
}

/// <summary>Keeps the named columns, in that order, or drops them.</summary>
public sealed class ColumnSelectingTransformer : ITransformer
{
    internal const string LoaderSignature = "SelectColumnsTransform";

    private readonly IHost _host;
    private readonly string[] _names;
    private readonly bool _keep;
    private readonly bool _keepHidden;

    internal ColumnSelectingTransformer(IHostEnvironment env, string[] keepColumns, string[] dropColumns, bool keepHidden)
    {
        _host = env.Register(nameof(ColumnSelectingTransformer));
        _keep = keepColumns is { Length: > 0 };
        bool drop = dropColumns is { Length: > 0 };
        _host.Check(!(_keep && drop), "Both keepColumns and dropColumns are set. Exactly one can be specified.");
        _host.Check(_keep || drop, "Neither keepColumns and dropColumns is set. Exactly one must be specified.");
        (_names, _keepHidden) = (_keep ? keepColumns : dropColumns, keepHidden);
    }

    bool ITransformer.IsRowToRowMapper => true;

    private static VersionInfo Version => new(
        modelSignature: "SELCOLST",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderAssemblyName: typeof(ColumnSelectingTransformer).Assembly.FullName,
        loaderSignature: LoaderSignature);

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        CheckNames(inputSchema.Select(c => c.Name), nameof(inputSchema));
        return SchemaOf(inputSchema, Map(inputSchema));
    }

    public IDataView Transform(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        CheckNames(input.Schema.Select(c => c.Name), nameof(input));
        return new View(this, input);
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        CheckNames(inputSchema.Select(c => c.Name), nameof(inputSchema));
        return new View(this, new EmptyDataView(_host, inputSchema));
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        _host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        ctx.Writer.Write(_keep);
        ctx.Writer.Write(_keepHidden);
        ctx.Writer.Write(false);   // missing columns are not ignored
        ctx.Writer.Write(_names.Length);
        foreach (string name in _names)
            ctx.SaveNonEmptyString(name);
    }

    internal bool Selects(string name) => _names.Contains(name) == _keep;

    internal void CheckNames(IEnumerable<string> present, string parameter)
    {
        var missing = _names.Except(present).ToArray();
        if (missing.Length > 0)
            throw _host.ExceptSchemaMismatch(parameter, "input", string.Join(",", missing));
    }

    private static ColumnSelectingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        bool keep = ctx.Reader.ReadBoolean(), keepHidden = ctx.Reader.ReadBoolean();
        ctx.Reader.ReadBoolean();
        var names = new string[ctx.Reader.ReadInt32()];
        for (int i = 0; i < names.Length; i++)
            names[i] = ctx.LoadNonEmptyString();
        return new(env, keep ? names : null, keep ? null : names, keepHidden);
    }

    private int[] Map(DataViewSchema schema) => _keep
        ? _names.SelectMany(name => schema.Where(c => c.Name == name && (_keepHidden || !c.IsHidden))).Select(c => c.Index).ToArray()
        : schema.Where(c => Selects(c.Name)).Select(c => c.Index).ToArray();

    private static DataViewSchema SchemaOf(DataViewSchema input, int[] map) =>
        SchemaExtensions.MakeSchema(map.Select(i => new DataViewSchema.DetachedColumn(input[i])));

    /// <summary>The selected columns of a data view.</summary>
    private sealed class View : IDataView, IRowToRowMapper
    {
        private readonly IHost _host;
        private readonly IDataView _source;
        private readonly int[] _map;

        public View(ColumnSelectingTransformer parent, IDataView source)
        {
            (_host, _source, _map) = (parent._host, source, parent.Map(source.Schema));
            Schema = SchemaOf(source.Schema, _map);
        }

        public bool CanShuffle => _source.CanShuffle;

        public DataViewSchema Schema { get; }

        public DataViewSchema InputSchema => _source.Schema;

        public DataViewSchema OutputSchema => Schema;

        public long? GetRowCount() => _source.GetRowCount();

        public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null) =>
            new Cursor(_host, _source.GetRowCursor(GetDependencies(columnsNeeded), rand), this, ActiveColumns.Of(columnsNeeded, Schema));

        public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
            _source.GetRowCursorSet(GetDependencies(columnsNeeded), n, rand)
                .Select(input => (DataViewRowCursor)new Cursor(_host, input, this, ActiveColumns.Of(columnsNeeded, Schema))).ToArray();

        public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        {
            var needed = dependingColumns.Select(c => _map[c.Index]).ToHashSet();
            return InputSchema.Where(c => needed.Contains(c.Index));
        }

        public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns) => new Row(input, this);

        private DataViewSchema.Column Source(DataViewRow row, DataViewSchema.Column column) => row.Schema[_map[column.Index]];

        private sealed class Row(DataViewRow input, View view) : WrappingRow(input)
        {
            public override DataViewSchema Schema => view.Schema;

            public override bool IsColumnActive(DataViewSchema.Column column) => true;

            public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => Input.GetGetter<TValue>(view.Source(Input, column));
        }

        private sealed class Cursor(IHost host, DataViewRowCursor input, View view, bool[] active) : SynchronizedCursorBase(host, input)
        {
            public override DataViewSchema Schema => view.Schema;

            public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

            public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => Input.GetGetter<TValue>(view.Source(Input, column));
        }
    }
}
