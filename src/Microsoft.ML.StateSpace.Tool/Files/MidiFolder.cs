using Microsoft.ML.StateSpace.Data.Midi;
using Microsoft.ML.StateSpace.Scoring;

namespace Microsoft.ML.StateSpace.Tool.Files;

/// <summary>MIDI files of drawn piano-rolls, which appear in their folder only when all are complete: until then they are in a
/// temporary one beside it, which is made at once, so that a place that cannot be written to is found out before the work.</summary>
internal sealed class MidiFolder : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private readonly MidiOptions _options;

    /// <exception cref="OutputException">The place cannot be written to.</exception>
    public MidiFolder(string path, MidiOptions options)
    {
        _path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        _options = options;
        _temporary = Path.Combine(Path.GetDirectoryName(_path) ?? ".", $".{Path.GetFileName(_path)}.{Environment.ProcessId}.partial");
        if (File.Exists(_path))
            throw new OutputException($"cannot write '{path}': it is a file; give the name of a folder");
        Guard(() => Directory.CreateDirectory(_temporary));
    }

    /// <summary>Writes a file for each row of a file of samples, named by the row's number and id.</summary>
    /// <exception cref="OutputException">The disk is full, or another failure of output.</exception>
    public void WriteAll(MLContext context, string samples, CancellationToken cancellation) => Guard(() =>
    {
        int number = 0;
        foreach (SampledSequence row in context.Data.CreateEnumerable<SampledSequence>(context.StateSpace.Data.LoadFromParquet(samples), reuseRowObject: true))
        {
            cancellation.ThrowIfCancellationRequested();
            using FileStream file = File.Create(Path.Combine(_temporary, MidiFile.NameOf(number++, row.SequenceId)));
            MidiFile.Write(file, row.Observations, _options);
        }

        Directory.CreateDirectory(_path);
        foreach (string file in Directory.GetFiles(_temporary))
            File.Move(file, Path.Combine(_path, Path.GetFileName(file)), overwrite: true);
    });

    /// <summary>Removes what is not complete.</summary>
    public void Dispose()
    {
        if (Directory.Exists(_temporary))
            Directory.Delete(_temporary, recursive: true);
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException and not OutputException)
        {
            throw OutputException.Of(_path, error);
        }
    }
}
