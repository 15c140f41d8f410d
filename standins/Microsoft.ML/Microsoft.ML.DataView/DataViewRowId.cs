using System.Numerics;

namespace Microsoft.ML.Data;

/// <summary>A 128-bit row identifier, stable whatever the order or number of cursors.</summary>
/// <remarks>Forked, advanced and combined by rounds of MurmurHash3 (x64, 128 bit).</remarks>
public readonly struct DataViewRowId : IComparable<DataViewRowId>, IEquatable<DataViewRowId>
{
    private const ulong C1 = 0x87c37b91114253d5;
    private const ulong C2 = 0x4cf5ad432745937f;

    public readonly ulong Low;
    public readonly ulong High;

    public DataViewRowId(ulong low, ulong high) => (Low, High) = (low, high);

    public DataViewRowId Fork()
    {
        var next = Next();
        return new(next.Low ^ Scramble(1, C1, 31, C2), next.High);
    }

    public DataViewRowId Next() => Round(0, 0);

    public DataViewRowId Combine(DataViewRowId other)
    {
        var block = other.Fork();
        return Round(Scramble(block.Low, C1, 31, C2), Scramble(block.High, C2, 33, C1));
    }

    public int CompareTo(DataViewRowId other) =>
        High == other.High ? Low.CompareTo(other.Low) : High.CompareTo(other.High);

    public bool Equals(DataViewRowId other) => Low == other.Low && High == other.High;

    public override bool Equals(object obj) => obj is DataViewRowId other && Equals(other);

    public override int GetHashCode() =>
        (int)((uint)Low ^ (uint)(Low >> 32) ^ (uint)(High << 7) ^ (uint)(High >> 57) ^ (uint)(High >> 25));

    public override string ToString() => $"{High:x16}{Low:x16}";

    private static ulong Scramble(ulong k, ulong first, int rotation, ulong second) =>
        BitOperations.RotateLeft(k * first, rotation) * second;

    private DataViewRowId Round(ulong k1, ulong k2)
    {
        ulong h1 = (BitOperations.RotateLeft(Low ^ k1, 27) + High) * 5 + 0x52dce729;
        ulong h2 = (BitOperations.RotateLeft(High ^ k2, 31) + h1) * 5 + 0x38495ab5;
        return new(h1, h2);
    }
}
