using Microsoft.ML.StateSpace.Data.Audio;
using Microsoft.ML.StateSpace.Data.Import;
using Microsoft.ML.StateSpace.Data.Matlab;
using Microsoft.ML.StateSpace.Data.Midi;

namespace Microsoft.ML.StateSpace.Tool.Files;

/// <summary>A format that <c>convert</c> reads.</summary>
internal sealed record SourceFormat(string Description)
{
    public static readonly SourceFormat Text = new("text piano-rolls");
    public static readonly SourceFormat Pickle = new("a Python pickle");
    public static readonly SourceFormat Matlab = new("a MATLAB file");
    public static readonly SourceFormat Midi = new("MIDI") { Endings = [".mid", ".midi"] };
    public static readonly SourceFormat Wave = new("audio") { Endings = [".wav"] };

    public static readonly SourceFormat Csv = new("a text file of columns (CSV)") { Endings = CsvFile.Endings };

    private const int HeadLength = 128;

    /// <summary>The endings of files that folders and zips of this format hold; empty when there are none such.</summary>
    public IReadOnlyList<string> Endings { get; private init; } = [];

    /// <summary>Recognises a file by how it begins, CSV and a pickle of the oldest protocols also by their names, a folder or a zip by what it holds.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at that path.</exception>
    /// <exception cref="InvalidDataException">The file is empty, or a folder or a zip holds neither audio nor MIDI, or both.</exception>
    public static SourceFormat Recognise(string path)
    {
        if (Directory.Exists(path) || RecordingSet.IsZip(InputFile.Require(path)))
            return OfCollection(path);
        byte[] head = Head(path);
        if (WaveFile.IsOne(head))
            return Wave;
        if (MidiFile.IsOne(head))
            return Midi;
        if (MatFile.IsOne(head))
            return Matlab;
        if (Csv.Endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            return Csv;
        return IsPickle(path, head) ? Pickle : Text;
    }

    private static SourceFormat OfCollection(string path)
    {
        SourceFormat[] found = [.. new[] { Wave, Midi }.Where(format => RecordingSet.Has(path, format.Endings))];
        return found switch
        {
            [var only] => only,
            [] => throw new InvalidDataException($"'{path}' holds no .wav and no .mid files"),
            _ => throw new InvalidDataException($"'{path}' holds .wav and .mid files; give each kind a folder of its own"),
        };
    }

    // From protocol 2 on a pickle begins with the byte 0x80, before that with an opcode that no piano-roll text begins with.
    private static bool IsPickle(string path, byte[] head) =>
        head[0] == 0x80 || "(]}lcd".Contains((char)head[0])
        || new[] { ".pickle", ".pkl" }.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static byte[] Head(string path)
    {
        var head = new byte[HeadLength];
        using FileStream file = File.OpenRead(path);
        int read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return head[..read];
    }
}
