using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.StateSpace.LinearGaussian.Rows;

/// <summary>Blocks of numbers, each kept once: blocks of the same bits have the same place.</summary>
internal sealed class DistinctBlocks
{
    private readonly List<double[]> _blocks = [];
    private readonly Dictionary<ulong, int> _latest = [];

    // The place before each one with the same hash; −1: none.
    private readonly List<int> _before = [];
    private int _found;

    public int Count => _blocks.Count;

    public double[] this[int place] => _blocks[place];

    /// <summary>The place of a block, which is copied if it is new.</summary>
    public int Place(ReadOnlySpan<double> block)
    {
        // Neighbouring rows are mostly alike.
        if (_found < Count && Same(_blocks[_found], block))
            return _found;
        ulong hash = Hash(block);
        int latest = _latest.GetValueOrDefault(hash, -1);
        for (_found = latest; _found >= 0; _found = _before[_found])
            if (Same(_blocks[_found], block))
                return _found;
        _found = Count;
        _blocks.Add(block.ToArray());
        _before.Add(latest);
        _latest[hash] = _found;
        return _found;
    }

    private static bool Same(ReadOnlySpan<double> a, ReadOnlySpan<double> b) => MemoryMarshal.AsBytes(a).SequenceEqual(MemoryMarshal.AsBytes(b));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong Hash(ReadOnlySpan<double> block)
    {
        ulong hash = 14695981039346656037;
        foreach (ulong bits in MemoryMarshal.Cast<double, ulong>(block))
        {
            hash = (hash ^ bits) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 32;
        }
        return hash;
    }
}
