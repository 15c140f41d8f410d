using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.ML.StateSpace.Data.Import;

namespace Microsoft.ML.StateSpace.Data.Matlab;

/// <summary>
/// Reads numeric matrices and cell arrays of a MATLAB file of version 5 (<c>save -v6</c>, <c>-v7</c>), in either byte order,
/// compressed or not. Text, structures, sparse and complex matrices are passed over unless they are asked for.
/// </summary>
/// <remarks>MathWorks, "MAT-File Format", version 5. Version 7.3 is HDF5 and is refused by name.</remarks>
internal sealed class MatFile
{
    private const int MostBytes = 1 << 30;
    private const int MostInflated = 1 << 29;
    private const int HeaderLength = 128;
    private readonly string _file;
    private readonly byte[] _bytes;
    private readonly bool _isBigEndian;
    private long _inflated;

    private MatFile(string file, byte[] bytes, bool isBigEndian) => (_file, _bytes, _isBigEndian) = (file, bytes, isBigEndian);

    /// <summary>Whether bytes begin as a MATLAB file of version 5 or later does.</summary>
    public static bool IsOne(ReadOnlySpan<byte> head) =>
        head.Length >= HeaderLength && (head[126..128].SequenceEqual("IM"u8) || head[126..128].SequenceEqual("MI"u8)) && head.StartsWith("MATLAB"u8);

    /// <summary>Opens a file.</summary>
    /// <exception cref="DataFileException">It is missing, too large, or of another version.</exception>
    public static MatFile Open(string path)
    {
        byte[] bytes = BoundedFile.Read(path, MostBytes);
        if (!IsOne(bytes))
        {
            throw new DataFileException(path, "it is no MATLAB file of version 5; save it with -v7");
        }

        bool isBigEndian = bytes[126] == 'M';
        int version = isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(124)) : BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(124));
        return version == 0x0100
            ? new MatFile(path, bytes, isBigEndian)
            : throw new DataFileException(path, version == 0x0200 ? "it is a MATLAB file of version 7.3 (HDF5); save it with -v7" : $"its version is {version:x4}, which is not known");
    }

    /// <summary>The variables of these names, by name.</summary>
    /// <exception cref="DataFileException">The file is damaged, or one of these variables is of a kind that is not read; names it.</exception>
    public IReadOnlyDictionary<string, MatArray> Read(IReadOnlySet<string> names)
    {
        var found = new Dictionary<string, MatArray>();
        var elements = new MatElements(_file, _bytes, _isBigEndian);
        for (int at = HeaderLength; at < _bytes.Length;)
        {
            MatElement element = elements.Next(ref at, _bytes.Length);
            MatArrayReader reader;
            if (element.Type == MatType.Compressed)
            {
                byte[] inflated = Inflate(elements, element);
                var inside = new MatElements(_file, inflated, _isBigEndian);
                int start = 0;
                reader = new MatArrayReader(_file, inside, inside.Next(ref start, inflated.Length));
            }
            else
            {
                reader = new MatArrayReader(_file, elements, element);
            }

            if (reader.Name is { } name && names.Contains(name))
            {
                found[name] = reader.Read();
            }
        }

        return found;
    }

    /// <summary>Unpacks an element: once to learn its size, so that a bomb fills no memory, and once to keep it.</summary>
    private byte[] Inflate(MatElements elements, MatElement element)
    {
        try
        {
            int length = Measure(element);
            using Stream zipped = Unzip(element);
            var inflated = new byte[length];
            zipped.ReadExactly(inflated);
            return inflated;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw elements.Damaged(element.Start);
        }
    }

    private ZLibStream Unzip(MatElement element) => new(new MemoryStream(_bytes, element.Start, element.Length), CompressionMode.Decompress);

    private int Measure(MatElement element)
    {
        using Stream zipped = Unzip(element);
        var buffer = new byte[1 << 16];
        int length = 0;
        for (int read; (read = zipped.Read(buffer)) > 0;)
        {
            length += read;
            _inflated += read;
            if (_inflated > MostInflated)
            {
                throw new DataFileException(_file, $"byte {element.Start}: it unpacks to more than {MostInflated} bytes; split it");
            }
        }

        return length;
    }
}
