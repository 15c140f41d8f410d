using System.Buffers.Binary;
using System.Globalization;

namespace Microsoft.ML.StateSpace.Data.Midi;

/// <summary>Piano-rolls as standard MIDI files: read from format 0 and 1, written as format 0.</summary>
internal static class MidiFile
{
    /// <summary>The most bytes of a file that is read.</summary>
    public const int MostBytes = 1 << 26;

    // Three days at one step a second; more is a forged file, whose silence would fill the memory.
    private const int MostSteps = 1 << 18;
    private const int LeastTicksPerQuarter = 480;

    /// <summary>A key sounds in a step when its number is at least this.</summary>
    private const float Threshold = 0.5f;

    /// <summary>Whether bytes begin as a MIDI file does.</summary>
    public static bool IsOne(ReadOnlySpan<byte> head) => head.StartsWith("MThd"u8);

    /// <summary>
    /// Reads a file as a piano-roll of T·keys numbers, 1 where a key sounds. Starts and ends go to the nearest step; a note
    /// sounds for one step at least, and T reaches to the end of the last track.
    /// </summary>
    /// <param name="name">The name that faults are told with.</param>
    /// <param name="bytes">The file.</param>
    /// <param name="options">Steps per quarter note, and the keys; null: 4 and those of a piano.</param>
    /// <exception cref="DataFileException">It is no MIDI file, damaged, too long, or has a note that no key has.</exception>
    public static float[] Read(string name, byte[] bytes, MidiOptions? options = null)
    {
        options ??= new MidiOptions();
        options.Validate();
        MidiTracks tracks = MidiTracks.Read(name, bytes);
        long steps = tracks.Notes.Select(note => StepsOf(note).End).Append(Step(tracks.End)).Max();
        if (steps is 0 or > MostSteps)
        {
            throw new DataFileException(name, steps == 0 ? "it has no notes" : $"it has {steps} steps, {MostSteps} are the most that are read; use fewer per quarter note");
        }

        // Where sounds begin and end; the running sum tells how many notes sound. However many notes there are, each costs two entries.
        int keys = options.Keys.Count;
        var sounding = new int[((int)steps + 1) * keys];
        foreach (MidiNote note in tracks.Notes)
        {
            int key = options.Keys.IndexOf(note.Pitch)
                ?? throw new DataFileException(name, $"tick {note.Start}: pitch {note.Pitch} is outside {options.Keys.LowestPitch} to {options.Keys.HighestPitch}, the keys of a step");
            (long start, long end) = StepsOf(note);
            sounding[start * keys + key]++;
            sounding[end * keys + key]--;
        }

        var roll = new float[(int)steps * keys];
        for (int i = 0; i < roll.Length; i++)
        {
            sounding[i] += i >= keys ? sounding[i - keys] : 0;
            roll[i] = sounding[i] > 0 ? 1 : 0;
        }

        return roll;

        long Step(long tick) => (2 * tick * options.StepsPerQuarter + tracks.TicksPerQuarter) / (2 * tracks.TicksPerQuarter);

        (long Start, long End) StepsOf(MidiNote note) => (Step(note.Start), Math.Max(Step(note.Start) + 1, Step(note.End)));
    }

    /// <summary>Writes a sequence's length as a MIDI file: keys that sound in steps that follow one another are one note.</summary>
    /// <param name="output">Where to; it stays open.</param>
    /// <param name="sequence">A piano-roll; a key sounds where its number is at least ½, and not where it is missing.</param>
    /// <param name="options">Steps per quarter note, keys, speed; null: 4, those of a piano, 120 quarter notes a minute.</param>
    /// <exception cref="ArgumentException">A step has another number of keys.</exception>
    public static void Write(Stream output, Sequence sequence, MidiOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        Write(output, sequence.Observations[..(sequence.Length * sequence.ObservationSize)], options);
    }

    /// <summary>Writes T·keys numbers as a MIDI file.</summary>
    /// <inheritdoc cref="Write(Stream, Sequence, MidiOptions?)"/>
    /// <param name="output">Where to; it stays open.</param>
    /// <param name="roll">T·keys numbers, step-major; a key sounds where its number is at least ½.</param>
    /// <param name="options">Steps per quarter note, keys, speed.</param>
    public static void Write(Stream output, ReadOnlySpan<float> roll, MidiOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        options ??= new MidiOptions();
        options.Validate();
        if (roll.IsEmpty || roll.Length % options.Keys.Count != 0)
        {
            throw new ArgumentException($"{roll.Length} numbers do not divide into steps of {options.Keys.Count} keys.", nameof(roll));
        }

        if (roll.Length / options.Keys.Count > MostSteps)
        {
            throw new ArgumentException($"{roll.Length / options.Keys.Count} steps are too many for a MIDI file; {MostSteps} are the most.", nameof(roll));
        }

        int ticksPerStep = (LeastTicksPerQuarter + options.StepsPerQuarter - 1) / options.StepsPerQuarter;
        using var track = new MemoryStream();
        WriteTrack(track, roll, options, ticksPerStep);
        Span<byte> header = stackalloc byte[22];
        "MThd"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], 6);
        BinaryPrimitives.WriteUInt16BigEndian(header[8..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(header[12..], (ushort)(ticksPerStep * options.StepsPerQuarter));
        "MTrk"u8.CopyTo(header[14..]);
        BinaryPrimitives.WriteUInt32BigEndian(header[18..], (uint)track.Length);
        output.Write(header);
        track.WriteTo(output);
    }

    /// <summary>A file's name for a row: ids may hold anything; the number keeps the names apart.</summary>
    public static string NameOf(int number, string id)
    {
        char[] name = [.. id.Take(80).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_')];
        return string.Create(CultureInfo.InvariantCulture, $"{number:d5}-{new string(name)}.mid");
    }

    private static void WriteTrack(MemoryStream track, ReadOnlySpan<float> roll, MidiOptions options, int ticksPerStep)
    {
        int keys = options.Keys.Count;
        int steps = roll.Length / keys;
        int tempo = 60_000_000 / options.QuartersPerMinute;
        track.Write([0, 0xFF, 0x51, 3, (byte)(tempo >> 16), (byte)(tempo >> 8), (byte)tempo]);
        int written = 0;
        for (int step = 0; step <= steps; step++)
        {
            // What ends does so before anything starts.
            foreach (bool starts in new[] { false, true })
            {
                for (int key = 0; key < keys; key++)
                {
                    bool before = step > 0 && roll[(step - 1) * keys + key] >= Threshold;
                    bool now = step < steps && roll[step * keys + key] >= Threshold;
                    if (before != now && now == starts)
                    {
                        WriteNumber(track, (step - written) * ticksPerStep);
                        track.Write([(byte)(starts ? 0x90 : 0x80), (byte)(options.Keys.LowestPitch + key), (byte)(starts ? options.Velocity : 64)]);
                        written = step;
                    }
                }
            }
        }

        WriteNumber(track, (steps - written) * ticksPerStep);
        track.Write([0xFF, 0x2F, 0]);
    }

    private static void WriteNumber(MemoryStream track, int value)
    {
        for (int shift = 21; shift > 0; shift -= 7)
        {
            if (value >> shift > 0)
            {
                track.WriteByte((byte)(value >> shift & 0x7F | 0x80));
            }
        }

        track.WriteByte((byte)(value & 0x7F));
    }
}
