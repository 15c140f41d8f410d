using System.Globalization;
using System.IO.Compression;
using Microsoft.ML.StateSpace.Data.Import;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>
/// Piano-rolls as text, gzip'd or plain: a line per sequence, steps separated by ';', and in a step the sounding keys in rising
/// order, separated by ','. An empty field is a silent step.
/// </summary>
internal static class PianoRollText
{
    /// <summary>Keys of a piano: index 0 is MIDI pitch 21.</summary>
    public const int PianoKeys = 88;

    /// <summary>Reads sequences one at a time; each has T·<paramref name="keys"/> numbers, step-major, 1 where a key sounds.</summary>
    /// <exception cref="DataFileException">The file is missing or damaged, or a line is malformed; names line, step and token.</exception>
    public static IEnumerable<float[]> Read(string path, int keys = PianoKeys)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keys);
        using var source = TextSource.Open(path);
        for (long line = 0; source.ReadLine() is { } text; line++)
        {
            yield return ParseLine(path, line, text, keys);
        }

        source.CheckEnd();
    }

    /// <summary>Writes the sequences as Parquet: <c>SequenceId</c> ("name-0001", …) and <c>Observations</c>, a list of T·keys numbers.</summary>
    /// <returns>How many sequences were written.</returns>
    /// <exception cref="DataFileException">The text is missing, damaged or malformed.</exception>
    /// <exception cref="IOException">The Parquet file cannot be written; the message names it.</exception>
    public static long Convert(string textPath, string parquetPath, string name, int keys = PianoKeys, ParquetSaveOptions? options = null)
    {
        IEnumerable<ImportedSequence> sequences = Read(textPath, keys).Select((roll, i) => new ImportedSequence(ImportedSequence.Number(name, i), roll));
        return ImportedSequences.Write(sequences, parquetPath, options: options);
    }

    private static float[] ParseLine(string path, long line, string text, int keys)
    {
        int steps = text.AsSpan().Count(';') + 1;
        if ((long)steps * keys > Array.MaxLength)
        {
            throw new DataFileException(path, $"the line has {steps} steps, too many for one sequence; split line {line + 1}", line);
        }

        var roll = new float[steps * keys];
        int step = 0;
        foreach (Range field in text.AsSpan().Split(';'))
        {
            if (text.AsSpan(field).Length > 0)
            {
                ParseStep(path, line, step, text.AsSpan(field), roll.AsSpan(step * keys, keys));
            }

            step++;
        }

        return roll;
    }

    private static void ParseStep(string path, long line, int step, ReadOnlySpan<char> field, Span<float> sounding)
    {
        int previous = -1;
        foreach (Range range in field.Split(','))
        {
            ReadOnlySpan<char> token = field[range];
            bool isKey = int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out int key) && key < sounding.Length;
            if (!isKey || key <= previous)
            {
                string fault = isKey ? "does not follow the key before it in rising order" : $"is no key from 0 to {sounding.Length - 1}";
                string shown = token.Length > 40 ? $"{token[..40]}…" : token.ToString();
                throw new DataFileException(path, $"'{shown}' {fault}; correct line {line + 1}", line, step: step);
            }

            sounding[key] = 1;
            previous = key;
        }
    }

    /// <summary>Lines of a text file that may be gzip'd, told by its first two bytes.</summary>
    private sealed class TextSource : IDisposable
    {
        private readonly string _path;
        private readonly FileStream _file;
        private readonly CountingReader? _unzipped;
        private readonly StreamReader _reader;

        private TextSource(string path, FileStream file, bool isZipped)
        {
            _path = path;
            _file = file;
            _unzipped = isZipped ? new CountingReader(new GZipStream(file, CompressionMode.Decompress)) : null;
            _reader = new StreamReader(_unzipped ?? (Stream)file, System.Text.Encoding.UTF8);
        }

        public static TextSource Open(string path)
        {
            try
            {
                var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
                bool isZipped = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
                file.Position = 0;
                return new TextSource(path, file, isZipped);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DataFileException(path, $"it cannot be opened ({e.Message}); check the path", inner: e);
            }
        }

        public string? ReadLine()
        {
            try
            {
                return _reader.ReadLine();
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                throw new DataFileException(_path, $"it cannot be read to its end ({e.Message}); fetch it again", inner: e);
            }
        }

        /// <summary>A gzip stream that is cut short just ends; the length in its last four bytes tells.</summary>
        public void CheckEnd()
        {
            if (_unzipped is null)
            {
                return;
            }

            var tail = new byte[4];
            _file.Seek(-Math.Min(4, _file.Length), SeekOrigin.End);
            _file.ReadExactly(tail.AsSpan(0, (int)Math.Min(4, _file.Length)));
            if (BitConverter.ToUInt32(tail) != (uint)_unzipped.Count)
            {
                throw new DataFileException(_path, $"it ends after {_unzipped.Count} bytes of text, before its gzip stream does; fetch it again");
            }
        }

        public void Dispose()
        {
            _reader.Dispose();
            _file.Dispose();
        }
    }

    /// <summary>Counts what is read through it.</summary>
    private sealed class CountingReader(Stream inner) : Stream
    {
        public long Count { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => Count; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int read = inner.Read(buffer);
            Count += read;
            return read;
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
