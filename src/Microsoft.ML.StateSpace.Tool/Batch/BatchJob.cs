using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>Scores a shard of many files into a folder, so that a run that was killed at any moment can be gone on with.</summary>
/// <remarks>
/// The bytes of an output depend on the model, the columns and the input alone: a row's noise belongs to the row, and rows are scored
/// together only within a file. So workers, shards and interruptions change nothing.
/// </remarks>
internal sealed class BatchJob(BatchOptions options, Terminal terminal, CancellationToken cancellation)
{
    private readonly OutputFolder _folder = new(options.Output);

    /// <summary>Scores what is to be scored; the exit code says whether all of it could be.</summary>
    /// <exception cref="UsageException">Outputs are there that the options do not let it replace.</exception>
    /// <exception cref="OutputException">An output cannot be written, or another process works on the shard.</exception>
    public int Run()
    {
        IReadOnlyList<BatchInput> all = BatchInput.Find(options.Data, _folder);
        IReadOnlyList<BatchInput> files = options.Shard.Of(all);
        using ModelFile model = ModelFile.Load(options.Model, options.Device);
        var columns = new ScoredColumns(options.Columns, options.Keep, FileScoring.SequenceIdOf(model));
        JobDescription description = FileScoring.Describe(model, options.Model, columns);
        using var held = new ShardLock(_folder, options.Shard);
        ILookup<string, FileRecord> known = options.Resume ? BatchJournal.ReadAll(_folder) : Array.Empty<FileRecord>().ToLookup(record => record.Path);
        new OutputGuard(_folder, description.ToJson(), known, options).Check(files);
        _folder.RemoveLeftovers(files.Select(file => file.Name), options.Shard);
        RemoveManifests();
        var results = new ShardResults(files);
        try
        {
            using var journal = new BatchJournal(_folder, options.Shard, keep: options.Resume);
            ProgressDisplay.Show(terminal, display =>
            {
                var progress = new BatchProgress(display, RowCounts.Of(model.Context, files));
                var worker = new FileWorker(new FileScoring(model, columns), description.ToJson(), _folder, known, journal, results, progress)
                {
                    Resume = options.Resume,
                    OnError = options.OnError,
                };
                FilePool.Run(files, options.Workers, worker.Work, cancellation);
                return results;
            });
        }
        finally
        {
            // Also of a run that was stopped: what it did is known, and what it did not do.
            results.Manifest(description, options.Shard, all).Write(_folder);
        }

        return Conclude(results);
    }

    private int Conclude(ShardResults results)
    {
        FileCounts counts = results.Counts();
        string found = results.Found > 0 ? $", {results.Found} of them complete before" : "";
        string failed = counts.Failed > 0 ? $"; {counts.Failed} failed, see {ShardManifest.FileOf(_folder, options.Shard)}" : "";
        terminal.WriteMessage($"{options.Output}: shard {options.Shard}, {counts.Ok} of {counts.Files} files with {counts.Rows} sequences{found}{failed}");
        return counts.Failed == 0 ? ExitCode.Ok : ExitCode.SomeFailed;
    }

    // A manifest tells of a run that has ended, and of one way to deal the files.
    private void RemoveManifests()
    {
        foreach (string file in ShardManifest.FilesOf(_folder))
        {
            if (Path.GetFileNameWithoutExtension(file) == options.Shard.FileName || !file.EndsWith($"-of-{options.Shard.Count}.json", StringComparison.Ordinal))
                File.Delete(file);
        }
    }
}
