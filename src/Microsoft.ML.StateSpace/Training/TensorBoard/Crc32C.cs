using System.Numerics;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>The CRC-32C of Castagnoli's polynomial, as record files store it.</summary>
internal static class Crc32C
{
    // What the format adds to a checksum, so that the checksum of a record that holds checksums is no constant.
    private const uint MaskDelta = 0xa282ead8;

    /// <summary>The checksum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    /// <summary>The checksum as it is stored: rotated right by 15 bits, and moved.</summary>
    public static uint Masked(ReadOnlySpan<byte> bytes) => unchecked(BitOperations.RotateRight(Of(bytes), 15) + MaskDelta);
}
