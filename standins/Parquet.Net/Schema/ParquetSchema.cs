namespace Parquet.Schema;

/// <summary>The columns of a file.</summary>
public class ParquetSchema : IEquatable<ParquetSchema>
{
    private readonly Field[] _fields;

    public ParquetSchema(IEnumerable<Field> fields) : this(fields?.ToArray()!) { }

    public ParquetSchema(params Field[] fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        if (fields.Length == 0)
        {
            throw new ArgumentException("at least one field is required", nameof(fields));
        }

        _fields = fields;
        foreach (Field field in fields)
        {
            field.PropagateLevels(0, 0);
        }
    }

    public IReadOnlyList<Field> Fields => _fields;

    public DataField[] DataFields => GetDataFields();

    public Field this[int i] => _fields[i];

    /// <summary>The leaves, in the order in which a row group stores them.</summary>
    public DataField[] GetDataFields() => Flatten().OfType<DataField>().ToArray();

    public DataField FindDataField(FieldPath path) =>
        GetDataFields().FirstOrDefault(field => field.Path.Equals(path))
        ?? throw new ArgumentException($"data field '{path}' not found", nameof(path));

    public DataField FindDataField(string path) => FindDataField(new FieldPath(path));

    public IReadOnlyCollection<Field> Flatten()
    {
        var all = new List<Field>();
        void Add(Field field)
        {
            all.Add(field);
            foreach (Field child in field.Children)
            {
                Add(child);
            }
        }

        foreach (Field field in _fields)
        {
            Add(field);
        }

        return all;
    }

    public bool Equals(ParquetSchema? other) =>
        other is not null && (ReferenceEquals(this, other) || DataFields.AsSpan().SequenceEqual(other.DataFields));

    public override bool Equals(object? obj) => obj is ParquetSchema other && obj.GetType() == GetType() && Equals(other);

    public override int GetHashCode() => DataFields.Aggregate(1, (hash, field) => hash * field.GetHashCode());

    public override string ToString() => string.Concat(_fields.Select(field => field + Environment.NewLine));
}
