using System.IO.Compression;
using System.Runtime.InteropServices;
using Parquet.Encodings;

namespace Parquet.Compression;

/// <summary>Zstandard by the system's libzstd.</summary>
internal static unsafe partial class Zstd
{
    // A block of 128 KiB of one repeated byte takes four.
    private const long MaxRatio = 1 << 15;
    private const string Library = "zstd";

    // Their tables are made once for all pages of a thread.
    [ThreadStatic]
    private static CompressionContext? t_context;

    [ThreadStatic]
    private static DecompressionContext? t_decompression;

    static Zstd() => NativeLibrary.SetDllImportResolver(typeof(Zstd).Assembly, Resolve);

    public static void Compress(ReadOnlySpan<byte> source, CompressionLevel level, ByteSink sink)
    {
        int strength = level switch
        {
            CompressionLevel.Optimal => 3,
            CompressionLevel.SmallestSize => 19,
            _ => 1,
        };
        Span<byte> buffer = sink.Reserve(checked((int)Bound((nuint)source.Length)));
        nuint written;
        fixed (byte* from = source, to = buffer)
        {
            written = Compress((t_context ??= new CompressionContext()).Handle, to, (nuint)buffer.Length, from, (nuint)source.Length, strength);
        }

        sink.Shorten(buffer.Length - Checked(written));
    }

    /// <summary>Decompresses a page; the length of its frame counts, the expected one is how much is made room for at once.</summary>
    public static void Decompress(ReadOnlySpan<byte> source, int expected, ByteSink sink)
    {
        if (source.Length == 0)
        {
            return;
        }

        int most = (int)Math.Min(Array.MaxLength, MaxRatio * source.Length);
        nint stream = (t_decompression ??= new DecompressionContext()).Handle;
        Checked(InitialiseStream(stream));
        fixed (byte* from = source)
        {
            var input = new Buffer { Bytes = from, Size = (nuint)source.Length };
            int size = Math.Clamp(expected, 64, Math.Min(most, Codec.FirstBuffer));
            while (Fill(stream, ref input, sink, size))
            {
                if (sink.Length >= most)
                {
                    throw new ParquetException($"zstd data unfolds to more than {most} bytes");
                }

                size = Codec.FirstBuffer;
            }
        }
    }

    // Adds at most so many bytes; whether there may be more.
    private static bool Fill(nint stream, ref Buffer input, ByteSink sink, int most)
    {
        Span<byte> room = sink.Reserve(most);
        fixed (byte* to = room)
        {
            var output = new Buffer { Bytes = to, Size = (nuint)room.Length };
            nuint hint;
            do
            {
                hint = DecompressStream(stream, ref output, ref input);
                Checked(hint);
            }
            while (output.Position < output.Size && input.Position < input.Size);
            sink.Shorten((int)(output.Size - output.Position));
            return output.Position == output.Size && (input.Position < input.Size || hint != 0);
        }
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

    [LibraryImport(Library, EntryPoint = "ZSTD_compressCCtx")]
    private static partial nuint Compress(nint context, byte* to, nuint capacity, byte* from, nuint size, int level);

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    private static partial nint CreateContext();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    private static partial nuint FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint result);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorName")]
    private static partial nint ErrorName(nuint result);

    [LibraryImport(Library, EntryPoint = "ZSTD_createDStream")]
    private static partial nint CreateStream();

    [LibraryImport(Library, EntryPoint = "ZSTD_initDStream")]
    private static partial nuint InitialiseStream(nint stream);

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDStream")]
    private static partial nuint FreeStream(nint stream);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressStream")]
    private static partial nuint DecompressStream(nint stream, ref Buffer output, ref Buffer input);

    private sealed class CompressionContext
    {
        public nint Handle { get; } = CreateContext();

        ~CompressionContext() => FreeContext(Handle);
    }

    private sealed class DecompressionContext
    {
        public nint Handle { get; } = CreateStream();

        ~DecompressionContext() => FreeStream(Handle);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        public byte* Bytes;
        public nuint Size;
        public nuint Position;
    }
}
