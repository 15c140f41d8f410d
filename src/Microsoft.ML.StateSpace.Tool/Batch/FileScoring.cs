using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>Scores files with one model. Many threads may at once: a file's scores depend on nothing but the file, the model and the columns.</summary>
internal sealed class FileScoring(ModelFile model, ScoredColumns columns)
{
    /// <summary>The name of the id column: the model's, or the usual one.</summary>
    public static string SequenceIdOf(ModelFile model) => model.StateSpace.Options.SequenceIdColumnName ?? "SequenceId";

    /// <summary>What decides the outputs' bytes beside their inputs.</summary>
    public static JobDescription Describe(ModelFile model, string modelPath, ScoredColumns columns) => new()
    {
        Model = Fingerprint.Of(modelPath).Sha256,
        Device = model.StateSpace.Device.type.ToString().ToLowerInvariant(),
        Columns = columns.Wanted,
        Keep = columns.Keep,
    };

    /// <summary>Writes the scores of a file's rows, in their order, into a file that appears when it is complete.</summary>
    /// <param name="input">The rows.</param>
    /// <param name="output">The scores.</param>
    /// <param name="stamp">What they are made from.</param>
    /// <param name="onRow">Called with the number of rows done; what it throws ends the work.</param>
    /// <returns>The number of rows.</returns>
    public long Score(string input, string output, ScoreStamp stamp, Action<long> onRow)
    {
        var state = Changes.Of(input);
        long rows = 0;
        new DataFile(model.Context, input).Use(view =>
        {
            IDataView scored = model.Transformer.Transform(view);
            var watched = new WatchedDataView(scored, done => onRow(rows = done));
            DataFile.Write(watched, output, columns.Choose(input, view.Schema, scored.Schema), stamp.Metadata);
            return rows;
        });
        if (Changes.Of(input) == state)
            return rows;
        File.Delete(output);
        throw new InvalidDataException($"'{input}' changed while it was scored; score it again");
    }

    private readonly record struct Changes(long Length, DateTime Written)
    {
        public static Changes Of(string path) => new FileInfo(InputFile.Require(path)) is var file ? new Changes(file.Length, file.LastWriteTimeUtc) : default;
    }
}
