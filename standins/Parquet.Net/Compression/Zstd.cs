using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Parquet.Compression;

/// <summary>Zstandard by the system's libzstd.</summary>
internal static unsafe partial class Zstd
{
    // A block of 128 KiB of one repeated byte takes four.
    private const long MaxRatio = 1 << 15;
    private const string Library = "zstd";

    static Zstd() => NativeLibrary.SetDllImportResolver(typeof(Zstd).Assembly, Resolve);

    public static byte[] Compress(ReadOnlySpan<byte> source, CompressionLevel level)
    {
        int strength = level switch
        {
            CompressionLevel.Optimal => 3,
            CompressionLevel.SmallestSize => 19,
            _ => 1,
        };
        var buffer = new byte[checked((int)Bound((nuint)source.Length))];
        fixed (byte* from = source, to = buffer)
        {
            nuint written = Compress(to, (nuint)buffer.Length, from, (nuint)source.Length, strength);
            return buffer.AsSpan(0, Checked(written)).ToArray();
        }
    }

    /// <summary>Decompresses a page; the length of its frame counts, the expected one is where the buffer starts.</summary>
    public static ReadOnlyMemory<byte> Decompress(ReadOnlySpan<byte> source, int expected)
    {
        if (source.Length == 0)
        {
            return default;
        }

        int most = (int)Math.Min(Array.MaxLength, MaxRatio * source.Length);
        nint stream = CreateStream();
        try
        {
            var page = new byte[Math.Clamp(expected, 64, Math.Min(most, Codec.FirstBuffer))];
            int written = Fill(stream, source, ref page, most);
            return page.AsMemory(0, written);
        }
        finally
        {
            FreeStream(stream);
        }
    }

    private static int Fill(nint stream, ReadOnlySpan<byte> source, ref byte[] page, int most)
    {
        nuint written = 0;
        fixed (byte* from = source)
        {
            var input = new Buffer { Bytes = from, Size = (nuint)source.Length };
            while (true)
            {
                nuint hint;
                fixed (byte* to = page)
                {
                    var output = new Buffer { Bytes = to, Size = (nuint)page.Length, Position = written };
                    hint = DecompressStream(stream, ref output, ref input);
                    Checked(hint);
                    written = output.Position;
                }

                bool full = written == (nuint)page.Length;
                if (input.Position == input.Size && (hint == 0 || !full))
                {
                    return (int)written;
                }

                if (full)
                {
                    Grow(ref page, most);
                }
            }
        }
    }

    private static void Grow(ref byte[] page, int most)
    {
        if (page.Length >= most)
        {
            throw new ParquetException($"zstd data unfolds to more than {most} bytes");
        }

        Array.Resize(ref page, (int)Math.Min(2L * page.Length, most));
    }

    private static int Checked(nuint result) =>
        IsError(result) == 0
            ? checked((int)result)
            : throw new ParquetException($"zstd data is corrupt: {Marshal.PtrToStringUTF8(ErrorName(result))}");

    private static nint Resolve(string name, System.Reflection.Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
        {
            return 0;
        }

        foreach (string candidate in (string[])["libzstd.so.1", "libzstd.1.dylib", "libzstd.dll", "zstd"])
        {
            if (NativeLibrary.TryLoad(candidate, assembly, path, out nint handle))
            {
                return handle;
            }
        }

        throw new NotSupportedException("zstd pages need the system's libzstd, which was not found (Debian: libzstd1)");
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_compressBound")]
    private static partial nuint Bound(nuint size);

    [LibraryImport(Library, EntryPoint = "ZSTD_compress")]
    private static partial nuint Compress(byte* to, nuint capacity, byte* from, nuint size, int level);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint result);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorName")]
    private static partial nint ErrorName(nuint result);

    [LibraryImport(Library, EntryPoint = "ZSTD_createDStream")]
    private static partial nint CreateStream();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDStream")]
    private static partial nuint FreeStream(nint stream);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressStream")]
    private static partial nuint DecompressStream(nint stream, ref Buffer output, ref Buffer input);

    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        public byte* Bytes;
        public nuint Size;
        public nuint Position;
    }
}
