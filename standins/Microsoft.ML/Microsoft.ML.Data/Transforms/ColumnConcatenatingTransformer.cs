using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ColumnConcatenatingTransformer), null, typeof(SignatureLoadModel),
    "Concat Transform", ColumnConcatenatingTransformer.LoaderSignature)]

namespace Microsoft.ML.Data;

/// <summary>Joins columns of one item type into one vector column.</summary>
public sealed class ColumnConcatenatingTransformer : RowToRowTransformerBase
{
    internal const string LoaderSignature = "ConcatTransform";

    private readonly string _name;
    private readonly string[] _sources;

    internal ColumnConcatenatingTransformer(IHostEnvironment env, string outputColumnName, params string[] inputColumnNames)
        : base(env.Register(nameof(ColumnConcatenatingTransformer))) =>
        (_name, _sources) = (outputColumnName, inputColumnNames);

    private static VersionInfo Version => new(
        modelSignature: "CONCAT F",
        verWrittenCur: 0x00010003,
        verReadableCur: 0x00010003,
        verWeCanReadBack: 0x00010003,
        loaderAssemblyName: typeof(ColumnConcatenatingTransformer).Assembly.FullName,
        loaderSignature: LoaderSignature);

    private static ColumnConcatenatingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        Contracts.CheckDecode(ctx.Reader.ReadInt32() == 1);
        string name = ctx.LoadNonEmptyString();
        var sources = new string[ctx.Reader.ReadInt32()];
        for (int i = 0; i < sources.Length; i++)
        {
            sources[i] = ctx.LoadNonEmptyString();
            Contracts.CheckDecode(ctx.LoadStringOrNull() is null);
        }
        return new(env, name, sources);
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        ctx.Writer.Write(1);
        ctx.SaveNonEmptyString(_name);
        ctx.Writer.Write(_sources.Length);
        foreach (string source in _sources)
        {
            ctx.SaveNonEmptyString(source);
            ctx.SaveStringOrNull(null);   // no alias
        }
    }

    private protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(this, schema);

    private sealed class Mapper : IRowMapper
    {
        private readonly string _name;
        private readonly DataViewSchema.Column[] _inputs;
        private readonly VectorDataViewType _type;

        public Mapper(ColumnConcatenatingTransformer parent, DataViewSchema schema)
        {
            _name = parent._name;
            _inputs = parent._sources.Select(name => schema.GetColumnOrNull(name)
                ?? throw parent.Host.ExceptSchemaMismatch("inputSchema", "input", name)).ToArray();
            var item = _inputs[0].Type.GetItemType();
            foreach (var input in _inputs.Where(c => !c.Type.GetItemType().Equals(item)))
                throw parent.Host.ExceptSchemaMismatch("inputSchema", "input", input.Name, item.ToString(), input.Type.ToString());
            int size = _inputs.All(c => c.Type.GetValueCount() > 0) ? _inputs.Sum(c => c.Type.GetValueCount()) : 0;
            _type = new VectorDataViewType((PrimitiveDataViewType)item, size);
        }

        private bool IsIdentity => _inputs is [{ Type: VectorDataViewType }];

        public DataViewSchema.DetachedColumn[] GetOutputColumns()
        {
            if (IsIdentity)
                return [new(_name, _inputs[0].Type, _inputs[0].Annotations)];
            var annotations = new DataViewSchema.Annotations.Builder();
            if (_type.ItemType is NumberDataViewType && _inputs.All(c => c.IsNormalized()))
                annotations.AddPrimitiveValue(AnnotationUtils.Kinds.IsNormalized, BooleanDataViewType.Instance, true);
            if (_type.IsKnownSize && _inputs.Any(c => c.Type is not VectorDataViewType || c.HasSlotNames()))
                annotations.AddSlotNames(_type.Size, SlotNames);
            return [new(_name, _type, annotations.ToAnnotations())];
        }

        public Func<int, bool> GetDependencies(Func<int, bool> activeOutput) => column => activeOutput(0) && _inputs.Any(c => c.Index == column);

        public Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput) =>
            [activeOutput(0) ? Getters.ForType<Delegate>(Getter<int>, _type.ItemType.RawType, input) : null];

        private void SlotNames(ref VBuffer<ReadOnlyMemory<char>> names)
        {
            var all = new List<ReadOnlyMemory<char>>();
            VBuffer<ReadOnlyMemory<char>> own = default;
            foreach (var input in _inputs)
            {
                if (input.Type is not VectorDataViewType vector)
                    all.Add(input.Name.AsMemory());
                else if (!input.HasSlotNames())
                    all.AddRange(new ReadOnlyMemory<char>[vector.Size]);
                else
                {
                    input.GetSlotNames(ref own);
                    all.AddRange(own.DenseValues().Select(slot => slot.IsEmpty ? slot : $"{input.Name}.{slot}".AsMemory()));
                }
            }
            names = new(all.Count, all.ToArray());
        }

        private Delegate Getter<T>(DataViewRow row)
        {
            if (IsIdentity)
                return row.GetGetter<VBuffer<T>>(row.Schema[_inputs[0].Index]);
            var parts = _inputs.Select(c => Part<T>(row, row.Schema[c.Index])).ToArray();
            var buffers = new VBuffer<T>[parts.Length];
            return (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) =>
            {
                for (int i = 0; i < parts.Length; i++)
                    parts[i](ref buffers[i]);
                Join(buffers, ref value);
            });
        }

        private static ValueGetter<VBuffer<T>> Part<T>(DataViewRow row, DataViewSchema.Column column)
        {
            if (column.Type is not VectorDataViewType vector)
            {
                var scalar = row.GetGetter<T>(column);
                return (ref VBuffer<T> value) =>
                {
                    var editor = VBufferEditor.Create(ref value, 1);
                    scalar(ref editor.Values[0]);
                    value = editor.Commit();
                };
            }
            var getter = row.GetGetter<VBuffer<T>>(column);
            return (ref VBuffer<T> value) =>
            {
                getter(ref value);
                if (vector.IsKnownSize && vector.Size != value.Length)
                    throw Contracts.Except("Column '{0}': expected {1} slots, but got {2}", column.Name, vector.Size, value.Length);
            };
        }

        // Sparse where at least half of the values are implicit, as in the packages.
        private static void Join<T>(VBuffer<T>[] buffers, ref VBuffer<T> value)
        {
            int length = buffers.Sum(b => b.Length), count = buffers.Sum(b => b.GetValues().Length);
            bool sparse = count <= length / 2;
            var editor = VBufferEditor.Create(ref value, length, sparse ? count : length);
            int offset = 0, at = 0;
            foreach (var buffer in buffers)
            {
                if (!sparse)
                    buffer.CopyTo(editor.Values, offset);
                else
                    for (int i = 0; i < buffer.GetValues().Length; i++, at++)
                        (editor.Values[at], editor.Indices[at]) = (buffer.GetValues()[i], offset + (buffer.IsDense ? i : buffer.GetIndices()[i]));
                offset += buffer.Length;
            }
            value = editor.Commit();
        }
    }
}
