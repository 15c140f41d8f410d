namespace Parquet.Encodings;

/// <summary>Values as indices into the column chunk's dictionary.</summary>
internal static class DictionaryEncoding
{
    public static void Decode<T>(ReadOnlySpan<byte> source, ReadOnlySpan<T> dictionary, Span<T> destination)
    {
        if (destination.Length == 0)
        {
            return;
        }

        if (source.Length == 0)
        {
            throw new ParquetException("a dictionary encoded page is empty");
        }

        int bitWidth = source[0];
        var indices = new int[destination.Length];
        if (bitWidth > 0)
        {
            HybridRle.Decode(source[1..], bitWidth, indices);
        }

        for (int i = 0; i < indices.Length; i++)
        {
            if ((uint)indices[i] >= (uint)dictionary.Length)
            {
                throw new ParquetException($"index {indices[i]} into a dictionary of {dictionary.Length} values");
            }

            destination[i] = dictionary[indices[i]];
        }
    }

    /// <summary>Distinct texts and the index of each value; null when too many of them are distinct.</summary>
    public static (ReadOnlyMemory<char>[] Distinct, int[] Indices)? Build(ReadOnlySpan<ReadOnlyMemory<char>> values, double threshold)
    {
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        var distinct = new List<ReadOnlyMemory<char>>();
        var indices = new int[values.Length];
        var lookup = known.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int i = 0; i < values.Length; i++)
        {
            if (!lookup.TryGetValue(values[i].Span, out int index))
            {
                index = distinct.Count;
                lookup[values[i].Span] = index;
                distinct.Add(values[i]);
            }

            indices[i] = index;
        }

        return values.Length > 0 && distinct.Count <= threshold * values.Length ? ([.. distinct], indices) : null;
    }
}
