namespace Parquet.Schema;

/// <summary>Place of a field in the schema tree, with the names of the groups around it.</summary>
public sealed class FieldPath : IEquatable<FieldPath>
{
    private readonly string[] _parts;

    public FieldPath(string firstPart) => _parts = [firstPart ?? throw new ArgumentNullException(nameof(firstPart))];

    public FieldPath(IEnumerable<string> parts) => _parts = parts.Where(part => !string.IsNullOrEmpty(part)).ToArray();

    public FieldPath(params string[] parts) : this((IEnumerable<string>)parts) { }

    public string? FirstPart => _parts.Length == 0 ? null : _parts[0];

    public int Length => _parts.Length;

    public string this[int i] => _parts[i];

    public static FieldPath operator +(FieldPath? left, FieldPath? right) =>
        new((left?._parts ?? []).Concat(right?._parts ?? []));

    public List<string> ToList() => [.. _parts];

    public bool Equals(FieldPath? other) => other is not null && _parts.AsSpan().SequenceEqual(other._parts);

    public override bool Equals(object? obj) => Equals(obj as FieldPath);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (string part in _parts)
        {
            hash.Add(part);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => string.Join('/', _parts);
}
