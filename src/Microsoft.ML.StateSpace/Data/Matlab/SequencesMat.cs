namespace Microsoft.ML.StateSpace.Data.Matlab;

/// <summary>
/// Sequences of a MATLAB file: the variables <c>traindata</c>, <c>validdata</c> and <c>testdata</c>, each a cell array of
/// matrices with a row per step, or one such matrix.
/// </summary>
internal sealed class SequencesMat
{
    private const string Ending = "data";
    private static readonly string[] Known = ["train", "valid", "test"];
    private readonly string _path;
    private readonly IReadOnlyDictionary<string, MatArray> _splits;

    private SequencesMat(string path, IReadOnlyDictionary<string, MatArray> splits) => (_path, _splits) = (path, splits);

    /// <summary>The splits that the file has.</summary>
    public IReadOnlyList<string> Splits => [.. Known.Where(_splits.ContainsKey)];

    /// <summary>Opens a file.</summary>
    /// <exception cref="DataFileException">It cannot be read, or has none of the variables.</exception>
    public static SequencesMat Open(string path)
    {
        IReadOnlyDictionary<string, MatArray> found = MatFile.Open(path).Read(Known.SelectMany(split => new[] { split, split + Ending }).ToHashSet());
        Dictionary<string, MatArray> splits = Known
            .Select(split => (split, Array: found.GetValueOrDefault(split + Ending) ?? found.GetValueOrDefault(split)))
            .Where(pair => pair.Array is not null)
            .ToDictionary(pair => pair.split, pair => pair.Array!);
        return splits.Count > 0
            ? new SequencesMat(path, splits)
            : throw new DataFileException(path, "it has no variable traindata, validdata or testdata");
    }

    /// <summary>Reads the sequences of a split, each T·<paramref name="size"/> numbers, step-major.</summary>
    /// <exception cref="DataFileException">There is no such split, or something in it is no matrix of that many columns; names the place.</exception>
    public IEnumerable<float[]> Read(string split, int size)
    {
        MatArray array = _splits.GetValueOrDefault(split)
            ?? throw new DataFileException(_path, $"there is no variable of that name; it has {string.Join(", ", Splits.Select(name => name + Ending))}", column: split + Ending);
        IReadOnlyList<MatArray> sequences = array.Cells ?? [array];
        for (int n = 0; n < sequences.Count; n++)
        {
            yield return Check(sequences[n], split + Ending, n, size);
        }
    }

    private float[] Check(MatArray sequence, string variable, int row, int size)
    {
        if (sequence.Numbers is not { Length: > 0 } numbers || sequence.Columns != size)
        {
            string found = sequence.Numbers is null ? "a cell array" : $"{sequence.Rows}×{sequence.Columns} numbers";
            string advice = sequence.Numbers is not null && sequence.Rows == size ? ": transpose it" : "";
            throw new DataFileException(_path, $"it is {found}, a matrix with a row per step and {size} columns is expected{advice}", row, variable);
        }

        int infinite = Array.FindIndex(numbers, float.IsInfinity);
        return infinite < 0 ? numbers : throw new DataFileException(_path, "the value is infinite; use NaN for a missing value", row, variable, infinite / size);
    }
}
