using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>What a file holds, in short.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">The SHA-256 of its content, in lower-case hexadecimals.</param>
internal sealed record Fingerprint(long Bytes, string Sha256)
{
    private const int BufferSize = 1 << 20;

    /// <summary>Reads a file through.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Fingerprint Of(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferSize, FileOptions.SequentialScan);
        string hash = Hex(SHA256.HashData(stream));
        return new Fingerprint(stream.Position, hash);
    }

    /// <summary>The SHA-256 of a text in UTF-8.</summary>
    public static string OfText(string text) => Hex(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}
