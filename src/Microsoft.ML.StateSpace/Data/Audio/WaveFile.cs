using System.Buffers.Binary;

namespace Microsoft.ML.StateSpace.Data.Audio;

/// <summary>The samples of a WAV file, its channels averaged.</summary>
/// <param name="Rate">Samples a second.</param>
/// <param name="Samples">Integer formats scaled to −1 ≤ x &lt; 1, float as it is.</param>
/// <remarks>RIFF WAVE with PCM of 8 (unsigned), 16, 24 or 32 bits, or 32-bit float, also in the extensible form.</remarks>
internal sealed record WaveFile(int Rate, float[] Samples)
{
    /// <summary>The most bytes of a file that is read.</summary>
    public const int MostBytes = 1 << 28;

    private const int Pcm = 1;
    private const int Float = 3;
    private const int Extensible = 0xFFFE;

    private readonly record struct Form(int Tag, int Channels, int Rate, int Bits);

    /// <summary>Whether bytes begin as a WAV file does.</summary>
    public static bool IsOne(ReadOnlySpan<byte> head) => head.Length >= 12 && head.StartsWith("RIFF"u8) && head[8..12].SequenceEqual("WAVE"u8);

    /// <summary>Reads a file.</summary>
    /// <param name="name">The name that faults are told with.</param>
    /// <param name="bytes">The file.</param>
    /// <exception cref="DataFileException">It is no WAV file, truncated, of a form that is not read, or holds a sample that is no number.</exception>
    public static WaveFile Read(string name, byte[] bytes)
    {
        if (!IsOne(bytes))
        {
            throw new DataFileException(name, "it is no WAV file");
        }

        Form? form = null;
        for (int at = 12; bytes.Length - at >= 8;)
        {
            ReadOnlySpan<byte> chunk = bytes.AsSpan(at, 4);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4));
            at += 8;
            if (length > bytes.Length - at)
            {
                throw new DataFileException(name, $"its {System.Text.Encoding.Latin1.GetString(chunk)} chunk claims {length} bytes, {bytes.Length - at} are left; fetch it again");
            }

            ReadOnlySpan<byte> content = bytes.AsSpan(at, (int)length);
            if (chunk.SequenceEqual("fmt "u8))
            {
                form = ReadForm(name, content);
            }
            else if (chunk.SequenceEqual("data"u8))
            {
                return new WaveFile(form?.Rate ?? 0, Decode(name, form ?? throw new DataFileException(name, "its samples come before their format; fetch it again"), content));
            }

            // Chunks begin at even places.
            at = (int)Math.Min(bytes.Length, at + (long)length + (length & 1));
        }

        throw new DataFileException(name, "it has no samples; fetch it again");
    }

    private static Form ReadForm(string name, ReadOnlySpan<byte> content)
    {
        if (content.Length < 16)
        {
            throw new DataFileException(name, "its format is cut short; fetch it again");
        }

        int tag = BinaryPrimitives.ReadUInt16LittleEndian(content);
        if (tag == Extensible && content.Length >= 26)
        {
            tag = BinaryPrimitives.ReadUInt16LittleEndian(content[24..]);
        }

        var form = new Form(
            tag, BinaryPrimitives.ReadUInt16LittleEndian(content[2..]), BinaryPrimitives.ReadInt32LittleEndian(content[4..]),
            BinaryPrimitives.ReadUInt16LittleEndian(content[14..]));
        bool isRead = form.Tag == Pcm ? form.Bits is 8 or 16 or 24 or 32 : form.Tag == Float && form.Bits == 32;
        return isRead && form.Channels > 0 && form.Rate > 0
            ? form
            : throw new DataFileException(name, $"its format (tag {form.Tag}, {form.Bits} bits, {form.Channels} channels, {form.Rate} Hz) is not read; save it as 16-bit PCM");
    }

    private static float[] Decode(string name, Form form, ReadOnlySpan<byte> content)
    {
        int width = form.Bits / 8;
        int block = width * form.Channels;
        if (content.Length % block != 0)
        {
            throw new DataFileException(name, $"its {content.Length} bytes do not divide into samples of {block}; fetch it again");
        }

        var samples = new float[content.Length / block];
        for (int i = 0; i < samples.Length; i++)
        {
            double sum = 0;
            for (int channel = 0; channel < form.Channels; channel++)
            {
                sum += Sample(form, content.Slice(i * block + channel * width, width));
            }

            samples[i] = (float)(sum / form.Channels);
            if (!float.IsFinite(samples[i]))
            {
                throw new DataFileException(name, $"sample {i} is no number; correct it");
            }
        }

        return samples;
    }

    private static double Sample(Form form, ReadOnlySpan<byte> bytes) => (form.Tag, form.Bits) switch
    {
        (Float, _) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        (_, 8) => (bytes[0] - 128) / 128.0,
        (_, 16) => BinaryPrimitives.ReadInt16LittleEndian(bytes) / 32768.0,
        (_, 24) => ((sbyte)bytes[2] << 16 | bytes[1] << 8 | bytes[0]) / 8388608.0,
        _ => BinaryPrimitives.ReadInt32LittleEndian(bytes) / 2147483648.0,
    };
}
