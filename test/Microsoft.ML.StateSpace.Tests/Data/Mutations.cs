using System.Buffers.Binary;

namespace Microsoft.ML.StateSpace.Tests.Data;

/// <summary>Damages copies of files, the same way for the same seed.</summary>
internal static class Mutations
{
    private static readonly int[] Lengths = [0, -1, 1, int.MaxValue, int.MinValue, 1 << 30, 1 << 24, 0x7FFF];

    private static readonly (string Name, Func<byte[], int, Random, byte[]> Apply)[] Kinds =
    [
        ("flipped bit", (bytes, at, random) => With(bytes, copy => copy[at] ^= (byte)(1 << random.Next(8)))),
        ("random byte", (bytes, at, random) => With(bytes, copy => copy[at] = (byte)random.Next(256))),
        ("random bytes", (bytes, at, random) => With(bytes, copy => random.NextBytes(copy.AsSpan(at, Math.Min(1 + random.Next(32), copy.Length - at))))),
        ("zeros", (bytes, at, random) => With(bytes, copy => copy.AsSpan(at, Math.Min(1 + random.Next(64), copy.Length - at)).Clear())),
        ("forged length", (bytes, at, random) => With(bytes, copy => Forge(copy, at, random))),
        ("forged varint", (bytes, at, random) => With(bytes, copy => ForgeVarint(copy, at, random))),
        ("cut", (bytes, at, _) => bytes[..at]),
        ("bytes removed", (bytes, at, random) => [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + 1 + random.Next(16))..]]),
        ("bytes repeated", (bytes, at, random) => [.. bytes[..Math.Min(bytes.Length, at + 1 + random.Next(16))], .. bytes[at..]]),
        ("swapped chunks", Swap),
    ];

    /// <summary>A damaged copy, and what was done to it.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="seed">What and where.</param>
    /// <param name="sensitive">The file's last bytes, where its lengths and places stand; half of the damage goes there.</param>
    public static (byte[] Bytes, string What) Damage(byte[] bytes, int seed, int sensitive)
    {
        var random = new Random(seed);
        (string name, Func<byte[], int, Random, byte[]> apply) = Kinds[seed % Kinds.Length];
        int from = random.Next(2) == 0 ? Math.Max(0, bytes.Length - sensitive) : 0;
        int at = random.Next(from, bytes.Length);
        return (apply(bytes, at, random), $"seed {seed}: {name} at {at}");
    }

    private static byte[] With(byte[] bytes, Action<byte[]> change)
    {
        var copy = (byte[])bytes.Clone();
        change(copy);
        return copy;
    }

    private static void Forge(byte[] bytes, int at, Random random)
    {
        at = Math.Min(at, bytes.Length - 4);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), Lengths[random.Next(Lengths.Length)]);
    }

    // The largest number of one to nine bytes.
    private static void ForgeVarint(byte[] bytes, int at, Random random)
    {
        int count = Math.Min(1 + random.Next(9), bytes.Length - at);
        bytes.AsSpan(at, count).Fill(0xFF);
        bytes[at + count - 1] = 0x7E;
    }

    private static byte[] Swap(byte[] bytes, int at, Random random)
    {
        int length = Math.Min(1 + random.Next(bytes.Length / 4), (bytes.Length - 1) / 2);
        int first = random.Next(bytes.Length - 2 * length + 1);
        int second = random.Next(first + length, bytes.Length - length + 1);
        byte[] head = bytes[..first], a = bytes[first..(first + length)], between = bytes[(first + length)..second];
        return [.. head, .. bytes[second..(second + length)], .. between, .. a, .. bytes[(second + length)..]];
    }
}
