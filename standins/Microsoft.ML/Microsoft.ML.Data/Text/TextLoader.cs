using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Loads text files of separated fields, a line a row.</summary>
public sealed class TextLoader : IDataLoader<IMultiStreamSource>
{
    private readonly IHost _host;

    internal TextLoader(IHostEnvironment env, Options options)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(nameof(TextLoader));
        _host.CheckValue(options, nameof(options));
        Format = new TextFormat(_host, options);
        var schema = new DataViewSchema.Builder();
        Fields = Array.ConvertAll(options.Columns ?? [], column => TextField.Of(_host, column));
        _host.Check(Fields.Length > 0, "Columns that are found in the data are not supported: give the columns");
        foreach (var field in Fields)
            schema.AddColumn(field.Name, field.Type);
        Schema = schema.ToSchema();
    }

    internal TextFormat Format { get; }

    internal TextField[] Fields { get; }

    internal DataViewSchema Schema { get; }

    public DataViewSchema GetOutputSchema() => Schema;

    public IDataView Load(IMultiStreamSource source) => new TextDataView(_host, this, source);

    void ICanSaveModel.Save(ModelSaveContext ctx) => throw _host.ExceptNotSupp("Saving a text loader is not supported.");

    /// <summary>Fields that make a column.</summary>
    public sealed class Column
    {
        public string Name;
        public Range[] Source;

        public Column()
        {
        }

        public Column(string name, DataKind dataKind, int index) : this(name, dataKind, new Range(index))
        {
        }

        public Column(string name, DataKind dataKind, int minIndex, int maxIndex) : this(name, dataKind, new Range(minIndex, maxIndex))
        {
        }

        private Column(string name, DataKind dataKind, Range range)
        {
            Contracts.CheckValue(name, nameof(name));
            (Name, DataKind, Source) = (name, dataKind, [range]);
        }

        public DataKind DataKind { get; set; } = DataKind.Single;
    }

    /// <summary>Fields of a line, by their numbers; a range from one to another makes a vector.</summary>
    public sealed class Range
    {
        public int Min;
        public int? Max;
        public bool ForceVector;

        public Range()
        {
        }

        public Range(int index)
        {
            Contracts.CheckParam(index >= 0, nameof(index), "Must be non-negative");
            (Min, Max) = (index, index);
        }

        public Range(int min, int? max)
        {
            Contracts.CheckParam(min >= 0, nameof(min), "Must be non-negative");
            Contracts.CheckParam(!(max < min), nameof(max), "If specified, must be greater than or equal to " + nameof(min));
            (Min, Max, ForceVector) = (min, max, true);
        }
    }

    /// <summary>How lines are read.</summary>
    public class Options
    {
        public bool AllowQuoting;
        public char[] Separators = ['\t'];
        public char DecimalMarker = '.';
        public Column[] Columns;
        public bool TrimWhitespace;
        public bool HasHeader;
        public long? MaxRows;
        public char EscapeChar = '"';
        public bool MissingRealsAsNaNs;
    }
}
