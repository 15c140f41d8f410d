using System.Security.Cryptography;

namespace Microsoft.ML.StateSpace.Scoring.Streaming;

/// <summary>Reads or writes a stream and its SHA-256 along the way; the stream stays open.</summary>
internal sealed class HashedStream(Stream stream) : IDisposable
{
    // A forged length costs no more memory than there are bytes, and one portion.
    private const int Portion = 1 << 20;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        _hash.AppendData(bytes);
    }

    /// <summary>Writes the checksum of all that was written.</summary>
    public void WriteHash() => stream.Write(_hash.GetHashAndReset());

    /// <summary>Reads so many bytes.</summary>
    /// <exception cref="EndOfStreamException">There are fewer.</exception>
    public byte[] Read(int count)
    {
        byte[] bytes = new byte[Math.Min(count, Portion)];
        for (int done = 0; done < count; done = bytes.Length)
        {
            if (done > 0)
                Array.Resize(ref bytes, (int)Math.Min(count, 2L * done));
            stream.ReadExactly(bytes.AsSpan(done));
        }
        _hash.AppendData(bytes);
        return bytes;
    }

    /// <summary>Whether what comes next is the checksum of all that was read.</summary>
    /// <exception cref="EndOfStreamException">The stream ends before.</exception>
    public bool HashFollows()
    {
        Span<byte> found = stackalloc byte[SHA256.HashSizeInBytes];
        stream.ReadExactly(found);
        return found.SequenceEqual(_hash.GetHashAndReset());
    }

    public void Dispose() => _hash.Dispose();
}
