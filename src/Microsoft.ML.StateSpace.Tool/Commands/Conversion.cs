using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Data.Audio;
using Microsoft.ML.StateSpace.Data.Import;
using Microsoft.ML.StateSpace.Data.Matlab;
using Microsoft.ML.StateSpace.Data.Midi;
using Microsoft.ML.StateSpace.Data.Pickles;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>What <c>convert</c> was asked for; null where an option was not given.</summary>
internal sealed record Conversion
{
    private const int LargestFrame = 1 << 20;
    private static readonly SourceFormat[] Rolls = [SourceFormat.Text, SourceFormat.Pickle, SourceFormat.Matlab, SourceFormat.Midi];

    public required string Source { get; init; }

    public required string Target { get; init; }

    public string? Split { get; init; }

    public int? Keys { get; init; }

    public int? LowestPitch { get; init; }

    public int? StepsPerQuarter { get; init; }

    public int? Frame { get; init; }

    public string? PartialFrame { get; init; }

    public string? StatisticsFrom { get; init; }

    public CsvConversion Csv { get; init; } = new();

    /// <summary>The options of <see cref="Csv"/> that were given.</summary>
    public IReadOnlyList<string> CsvOptions { get; init; } = [];

    private PianoKeys PianoKeys => new(Keys ?? PianoKeys.Piano.Count, LowestPitch ?? PianoKeys.Piano.LowestPitch);

    /// <summary>Converts; returns how many sequences were written.</summary>
    /// <exception cref="UsageException">An option does not apply to the source's format, or lacks.</exception>
    /// <exception cref="DataFileException">The source cannot be read; names the place.</exception>
    public long Run(CancellationToken cancellation)
    {
        SourceFormat format = SourceFormat.Recognise(Source);
        CheckOptions(format);
        PendingFile.MakePlaceFor(Target);
        if (format == SourceFormat.Wave)
            return ConvertAudio(cancellation);
        if (format == SourceFormat.Midi)
            return ConvertMidi(cancellation);
        if (format == SourceFormat.Csv)
            return Csv.Run(Source, NameOf(Source, ".gz", ".csv", ".tsv"), Target, cancellation);
        IEnumerable<ImportedSequence> sequences = format == SourceFormat.Pickle ? OfPickle() : format == SourceFormat.Matlab ? OfMatlab() : OfText();
        return ImportedSequences.Write(sequences, Target, cancellation: cancellation);
    }

    private void CheckOptions(SourceFormat format)
    {
        (string Name, bool IsGiven, SourceFormat[] Formats)[] options =
        [
            ("--split", Split is not null, [SourceFormat.Pickle, SourceFormat.Matlab]),
            ("--keys", Keys is not null, Rolls),
            ("--lowest-pitch", LowestPitch is not null, [SourceFormat.Pickle, SourceFormat.Midi]),
            ("--steps-per-quarter", StepsPerQuarter is not null, [SourceFormat.Midi]),
            ("--frame", Frame is not null, [SourceFormat.Wave]),
            ("--partial-frame", PartialFrame is not null, [SourceFormat.Wave]),
            ("--statistics-from", StatisticsFrom is not null, [SourceFormat.Wave]),
            .. CsvOptions.Select(name => (name, true, new[] { SourceFormat.Csv })),
        ];
        foreach ((string name, bool isGiven, SourceFormat[] formats) in options)
        {
            if (isGiven && !formats.Contains(format))
                throw new UsageException($"{name} does not apply to {format.Description}, which '{Source}' is");
        }

        if (format == SourceFormat.Wave && Frame is null)
            throw new UsageException($"'{Source}' is audio: give --frame, the samples of a step");
        if (Frame > LargestFrame)
            throw new UsageException($"--frame is {Frame}; {LargestFrame} is the most");
        if (format == SourceFormat.Midi && (StepsPerQuarter > 96 || PianoKeys.HighestPitch > 127))
            throw new UsageException("--steps-per-quarter is at most 96, and --lowest-pitch with --keys at most pitch 127");
    }

    private IEnumerable<ImportedSequence> OfText() =>
        Numbered(PianoRollText.Read(Source, PianoKeys.Count), NameOf(Source, ".gz", ".txt"));

    private IEnumerable<ImportedSequence> OfPickle()
    {
        PianoRollPickle pickle = PianoRollPickle.Open(Source, PianoKeys);
        string? split = ChooseSplit(pickle.Splits);
        return Numbered(pickle.Read(split), NameOf(Source, ".pickle", ".pkl") + (split is null ? "" : $".{split}"));
    }

    private IEnumerable<ImportedSequence> OfMatlab()
    {
        SequencesMat mat = SequencesMat.Open(Source);
        string split = ChooseSplit(mat.Splits) ?? throw new UsageException($"'{Source}' has no splits");
        return Numbered(mat.Read(split, PianoKeys.Count), $"{NameOf(Source, ".mat")}.{split}");
    }

    private long ConvertMidi(CancellationToken cancellation)
    {
        var options = new MidiOptions { StepsPerQuarter = StepsPerQuarter ?? new MidiOptions().StepsPerQuarter, Keys = PianoKeys };
        using RecordingSet set = RecordingSet.Open(Source, SourceFormat.Midi.Endings, MidiFile.MostBytes);
        IEnumerable<ImportedSequence> sequences = set.Recordings.Select(
            recording => new ImportedSequence(recording.Id, MidiFile.Read(recording.Name, recording.Read(), options)));
        return ImportedSequences.Write(sequences, Target, cancellation: cancellation);
    }

    private long ConvertAudio(CancellationToken cancellation)
    {
        using RecordingSet set = RecordingSet.Open(Source, SourceFormat.Wave.Endings, WaveFile.MostBytes);
        PartialFrame partial = PartialFrame == "drop" ? Data.Audio.PartialFrame.Drop : Data.Audio.PartialFrame.Mask;
        var frames = new AudioFrames(set, Frame ?? throw new UsageException("give --frame"), partial);
        Standardisation standardisation = StatisticsFrom is null
            ? frames.Measure(cancellation)
            : Standardisation.Load(InputFile.Require(StatisticsFrom));
        var metadata = new Dictionary<string, string> { [Standardisation.Key] = standardisation.ToJson() };
        return ImportedSequences.Write(frames.Cut(standardisation), Target, metadata, cancellation: cancellation);
    }

    /// <summary>The split asked for, or the only one; null where the file has none.</summary>
    private string? ChooseSplit(IReadOnlyList<string> splits)
    {
        if (Split is not null || splits.Count == 0)
            return Split;
        return splits is [var only]
            ? only
            : throw new UsageException($"'{Source}' holds {string.Join(", ", splits)}: choose one with --split");
    }

    private static IEnumerable<ImportedSequence> Numbered(IEnumerable<float[]> sequences, string name) =>
        sequences.Select((observations, i) => new ImportedSequence(ImportedSequence.Number(name, i), observations));

    /// <summary>The file's name without its known endings; it begins the sequences' ids.</summary>
    private static string NameOf(string path, params ReadOnlySpan<string> endings)
    {
        string name = Path.GetFileName(path);
        foreach (string ending in endings)
        {
            if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
                name = name[..^ending.Length];
        }

        return name;
    }
}
