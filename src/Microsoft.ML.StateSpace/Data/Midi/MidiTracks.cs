using System.Buffers.Binary;

namespace Microsoft.ML.StateSpace.Data.Midi;

/// <summary>A key that sounds from one tick to another.</summary>
internal readonly record struct MidiNote(int Pitch, long Start, long End);

/// <summary>Takes the notes out of a standard MIDI file, format 0 or 1; everything else is passed over.</summary>
/// <remarks>"Standard MIDI Files 1.0", 1988. The percussion channel (10) has no pitches and is passed over too.</remarks>
internal sealed class MidiTracks
{
    private const int Percussion = 9;
    private const int Channels = 16;
    private const int Pitches = 128;
    private readonly string _file;
    private readonly byte[] _bytes;
    private readonly List<MidiNote> _notes = [];
    private int _at;

    private MidiTracks(string file, byte[] bytes) => (_file, _bytes) = (file, bytes);

    /// <summary>The notes of all tracks, in the order of their ends within a track.</summary>
    public IReadOnlyList<MidiNote> Notes => _notes;

    /// <summary>Ticks of a quarter note.</summary>
    public int TicksPerQuarter { get; private set; }

    /// <summary>The tick at which the last track ends.</summary>
    public long End { get; private set; }

    /// <summary>Reads a file's bytes.</summary>
    /// <exception cref="DataFileException">They are no such file, or damaged; names the byte.</exception>
    public static MidiTracks Read(string file, byte[] bytes)
    {
        var tracks = new MidiTracks(file, bytes);
        int count = tracks.Header();
        for (int read = 0; read < count; read++)
        {
            tracks.Track();
        }

        return tracks;
    }

    private DataFileException Fault(string fault) => new(_file, $"byte {_at}: {fault}");

    private DataFileException Truncated() => Fault("it ends too early; fetch it again");

    private int Header()
    {
        if (!_bytes.AsSpan().StartsWith("MThd"u8) || _bytes.Length < 14)
        {
            throw Fault("it is no standard MIDI file");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(4));
        int format = BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(8));
        int count = BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(10));
        TicksPerQuarter = BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(12));
        if (length < 6 || length > _bytes.Length - 8)
        {
            throw Truncated();
        }

        if (format > 1)
        {
            throw Fault($"its format is {format}, 0 and 1 are read; save it as format 1");
        }

        if (TicksPerQuarter is 0 or >= 0x8000)
        {
            throw Fault("its time is counted in seconds or not at all, ticks per quarter note are expected");
        }

        _at = 8 + (int)length;
        return count;
    }

    private void Track()
    {
        ReadOnlySpan<byte> name = ChunkName(out int end);
        while (!name.SequenceEqual("MTrk"u8))
        {
            _at = end;
            name = ChunkName(out end);
        }

        var sounding = new Queue<long>?[Channels * Pitches];
        long tick = 0;
        byte status = 0;
        while (_at < end)
        {
            tick += Number(end);
            if (Peek(end) >= 0x80)
            {
                status = _bytes[_at++];
            }

            if (status == 0xFF && Meta(end))
            {
                break;
            }

            Event(ref status, end, tick, sounding);
        }

        EndSounding(sounding, tick);
        End = Math.Max(End, tick);
        _at = end;
    }

    private ReadOnlySpan<byte> ChunkName(out int end)
    {
        if (_bytes.Length - _at < 8)
        {
            throw Truncated();
        }

        ReadOnlySpan<byte> name = _bytes.AsSpan(_at, 4);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(_at + 4));
        if (length > _bytes.Length - _at - 8)
        {
            throw Truncated();
        }

        _at += 8;
        end = _at + (int)length;
        return name;
    }

    /// <summary>Passes over a meta event; true when it ends the track.</summary>
    private bool Meta(int end)
    {
        byte type = Peek(end);
        _at++;
        Skip(Number(end), end);
        return type == 0x2F;
    }

    private void Event(ref byte status, int end, long tick, Queue<long>?[] sounding)
    {
        switch (status >> 4)
        {
            case 0x8 or 0x9:
                Note(status, Data(end), Data(end), tick, sounding);
                break;
            case 0xA or 0xB or 0xE:
                Data(end);
                Data(end);
                break;
            case 0xC or 0xD:
                Data(end);
                break;
            // Meta and system events end the running status.
            case 0xF when status is 0xFF:
                status = 0;
                break;
            case 0xF when status is 0xF0 or 0xF7:
                Skip(Number(end), end);
                status = 0;
                break;
            default:
                throw Fault($"0x{status:x2} is no event of a MIDI file; it is damaged");
        }
    }

    private void Note(byte status, int pitch, int velocity, long tick, Queue<long>?[] sounding)
    {
        int channel = status & 0xF;
        if (channel == Percussion)
        {
            return;
        }

        ref Queue<long>? starts = ref sounding[channel * Pitches + pitch];
        if (status >> 4 == 0x9 && velocity > 0)
        {
            (starts ??= new()).Enqueue(tick);
        }
        else if (starts?.TryDequeue(out long start) == true)
        {
            _notes.Add(new MidiNote(pitch, start, tick));
        }
    }

    /// <summary>What nobody ended ends with its track.</summary>
    private void EndSounding(Queue<long>?[] sounding, long tick)
    {
        for (int i = 0; i < sounding.Length; i++)
        {
            while (sounding[i]?.TryDequeue(out long start) == true)
            {
                _notes.Add(new MidiNote(i % Pitches, start, tick));
            }
        }
    }

    private byte Peek(int end) => _at < end ? _bytes[_at] : throw Truncated();

    private int Data(int end)
    {
        byte data = Peek(end);
        if (data >= 0x80)
        {
            throw Fault($"0x{data:x2} stands where data is expected; it is damaged");
        }

        _at++;
        return data;
    }

    /// <summary>A number of up to four bytes, seven bits each.</summary>
    private int Number(int end)
    {
        int value = 0;
        for (int i = 0; i < 4; i++)
        {
            byte b = Peek(end);
            _at++;
            value = value << 7 | (b & 0x7F);
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Fault("a number has more than four bytes; it is damaged");
    }

    private void Skip(int count, int end) => _at = count <= end - _at ? _at + count : throw Truncated();
}
