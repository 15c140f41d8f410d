using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>A function from an object to an object as a transformer: the second object's members are the new columns.</summary>
public sealed class CustomMappingTransformer<TSrc, TDst> : ITransformer where TSrc : class, new() where TDst : class, new()
{
    private readonly IHost _host;
    private readonly Action<TSrc, TDst> _map;
    private readonly string _contractName;

    internal CustomMappingTransformer(IHostEnvironment env, Action<TSrc, TDst> mapAction, string contractName,
        SchemaDefinition inputSchemaDefinition = null, SchemaDefinition outputSchemaDefinition = null)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(nameof(CustomMappingTransformer<TSrc, TDst>));
        _host.CheckValue(mapAction, nameof(mapAction));
        (_map, _contractName, InputDefinition) = (mapAction, contractName, inputSchemaDefinition);
        Added = RowColumn.Bind(typeof(TDst), outputSchemaDefinition, SchemaDefinition.Direction.Write);
    }

    bool ITransformer.IsRowToRowMapper => true;

    internal SchemaDefinition InputDefinition { get; }

    internal RowColumn[] Added { get; }

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return new ColumnBindings(inputSchema, new Mapper(this, inputSchema).GetOutputColumns()).Schema;
    }

    public IDataView Transform(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        return new RowToRowMapperTransform(_host, input, new Mapper(this, input.Schema));
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return new RowToRowMapperTransform(_host, new EmptyDataView(_host, inputSchema), new Mapper(this, inputSchema));
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        if (_contractName is null)
            throw _host.Except("Empty contract name for a transform: the transform cannot be saved");
        CustomMappingModel.Save(_host, ctx, _contractName, _map.Method.DeclaringType.Assembly.FullName);
    }

    private sealed class Mapper(CustomMappingTransformer<TSrc, TDst> parent, DataViewSchema schema) : IRowMapper
    {
        private readonly RowReader<TSrc> _reader = new(parent._host, schema, ignoreMissingColumns: false, parent.InputDefinition);

        public DataViewSchema.DetachedColumn[] GetOutputColumns() =>
            parent.Added.Select(c => new DataViewSchema.DetachedColumn(c.Name, c.Type, c.Annotations)).ToArray();

        public Func<int, bool> GetDependencies(Func<int, bool> activeOutput)
        {
            bool any = Enumerable.Range(0, parent.Added.Length).Any(activeOutput);
            return column => any && _reader.Columns.Any(c => c.Index == column);
        }

        public Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput)
        {
            var getters = new Delegate[parent.Added.Length];
            if (!Enumerable.Range(0, getters.Length).Any(activeOutput))
                return getters;
            var fill = _reader.Bind(input);
            var (source, target, served) = (new TSrc(), new TDst(), -1L);
            TDst Current()
            {
                if (served != input.Position)
                {
                    fill(source);
                    parent._map(source, target);
                    served = input.Position;
                }
                return target;
            }
            for (int i = 0; i < getters.Length; i++)
                if (activeOutput(i))
                    getters[i] = Getters.FromMember<TDst>(parent.Added[i], Current);
            return getters;
        }
    }
}

/// <summary>A function from an object to an object; nothing is fitted.</summary>
public sealed class CustomMappingEstimator<TSrc, TDst> : TrivialEstimator<CustomMappingTransformer<TSrc, TDst>>
    where TSrc : class, new() where TDst : class, new()
{
    internal CustomMappingEstimator(IHostEnvironment env, Action<TSrc, TDst> mapAction, string contractName,
        SchemaDefinition inputSchemaDefinition = null, SchemaDefinition outputSchemaDefinition = null)
        : base(env.Register(nameof(CustomMappingEstimator<TSrc, TDst>)),
            new CustomMappingTransformer<TSrc, TDst>(env, mapAction, contractName, inputSchemaDefinition, outputSchemaDefinition))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        var columns = inputSchema.ToDictionary(c => c.Name);
        foreach (var needed in RowColumn.Bind(typeof(TSrc), Transformer.InputDefinition, SchemaDefinition.Direction.Both))
        {
            if (!columns.TryGetValue(needed.Name, out var column))
                throw Contracts.ExceptSchemaMismatch(nameof(inputSchema), "input", needed.Name);
            SchemaShape.GetColumnTypeShape(needed.Type, out var kind, out var itemType, out bool isKey);
            // A vector of known size serves where one of any size is asked for.
            bool kindFits = kind == column.Kind
                || (kind == SchemaShape.Column.VectorKind.VariableVector && column.Kind == SchemaShape.Column.VectorKind.Vector);
            if (itemType != column.ItemType || isKey != column.IsKey || !kindFits)
                throw Contracts.ExceptSchemaMismatch(nameof(inputSchema), "input", needed.Name, needed.Type.ToString(), column.GetTypeString());
        }
        foreach (var added in SchemaShape.Create(RowColumn.Schema(Transformer.Added)))
            columns[added.Name] = added;
        return new SchemaShape(columns.Values);
    }
}
