using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Data.Midi;

namespace Microsoft.ML;

public sealed partial class StateSpaceDataCatalog
{
    /// <summary>Writes a standard MIDI file of each row's piano-roll: keys that sound in steps that follow one another are one note.</summary>
    /// <param name="data">The rows, such as those of <c>StateSpaceCatalog.Sample</c>.</param>
    /// <param name="folder">Where the files go, <c>00000-id.mid</c>, …; it is made where there is none, and files of the same names are replaced.</param>
    /// <param name="options">Columns and speed; null: the defaults.</param>
    /// <returns>The files' paths, in the order of the rows.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type, or an option is out of range; it is named.</exception>
    /// <exception cref="SequenceFormatException">A row's numbers are no steps of 88 keys; names row and column.</exception>
    public IReadOnlyList<string> SaveAsMidi(IDataView data, string folder, MidiSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new MidiSaveOptions();
        var midi = new MidiOptions { StepsPerQuarter = options.StepsPerQuarter, QuartersPerMinute = options.QuartersPerMinute };
        midi.Validate();
        var columns = new SequenceColumns(options.ObservationColumnName, SequenceId: options.SequenceIdColumnName, ObservationSize: midi.Keys.Count);
        List<string> paths = [];
        foreach (var row in new SequenceBinding(data.Schema, columns).Read(data))
        {
            paths.Add(Path.Combine(Directory.CreateDirectory(folder).FullName, MidiFile.NameOf(paths.Count, row.Id ?? "")));
            using var file = File.Create(paths[^1]);
            MidiFile.Write(file, row, midi);
        }
        return paths;
    }
}
