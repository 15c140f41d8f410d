using System.Diagnostics;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>What is done with one file: found complete, scored, or failed; journalled and reported. Many threads may work at once.</summary>
internal sealed class FileWorker(FileScoring scoring, string job, OutputFolder folder, ILookup<string, FileRecord> known, BatchJournal journal,
    ShardResults results, BatchProgress progress)
{
    private readonly string _jobHash = Fingerprint.OfText(job);

    /// <summary>Complete outputs are left as they are.</summary>
    public required bool Resume { get; init; }

    /// <summary>What a file that cannot be scored does to the run.</summary>
    public required OnError OnError { get; init; }

    /// <summary>Works on a file.</summary>
    /// <exception cref="OperationCanceledException">The run is to end; the file is as it was.</exception>
    public void Work(BatchInput file, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        Fingerprint? content = null;
        long scored = 0;
        try
        {
            content = Fingerprint.Of(InputFile.Require(file.Path));
            var stamp = new ScoreStamp(job, content.Sha256);
            string place = folder.PlaceOf(file.Name);
            if (Resume && FindComplete(file, content, place, stamp) is { } complete)
            {
                results.Add(file, complete, found: true);
            }
            else
            {
                long rows = scoring.Score(file.Path, place, stamp, done =>
                {
                    stop.ThrowIfCancellationRequested();
                    scored = done;
                    progress.Row();
                });
                Add(file, Record(file, content) with { Rows = rows, Output = Fingerprint.Of(place), Seconds = clock.Elapsed.TotalSeconds });
            }
        }
        catch (Exception error) when (IsOfFile(error))
        {
            Fail(file, content, error, clock.Elapsed);
            if (OnError == OnError.Stop)
                throw;
        }

        progress.Done(file, scored);
    }

    // Of one file and not of the run: what it holds, or that it is not there.
    private static bool IsOfFile(Exception error) =>
        error is UsageException or ArithmeticException || ExitCode.Of(error) == ExitCode.BadFile;

    private void Fail(BatchInput file, Fingerprint? content, Exception error, TimeSpan time)
    {
        string message = Application.OneLine(ExitCode.Cause(error).Message);
        string named = message.Contains(file.Path, StringComparison.Ordinal) ? message : $"'{file.Path}': {message}";
        // Scores of an earlier state of the file would be taken for its own.
        File.Delete(folder.PlaceOf(file.Name));
        Add(file, Record(file, content) with { Error = named, Seconds = time.TotalSeconds });
        if (OnError == OnError.Skip)
            progress.Fault(named);
    }

    /// <summary>What is known of an output that is complete and of this job and input; null when there is none.</summary>
    private FileRecord? FindComplete(BatchInput file, Fingerprint content, string place, ScoreStamp stamp)
    {
        if (!File.Exists(place) || ScoreStamp.Read(place) is not { } found || found.Stamp != stamp)
            return null;
        Fingerprint output = Fingerprint.Of(place);
        FileRecord[] records = [.. known[file.Name].Where(record => record.IsOk && record.Job == _jobHash && record.Input == content)];
        if (records.Length > 0)
            return records.FirstOrDefault(record => record.Output == output);
        // Complete, but the run was killed before it could say so.
        FileRecord late = Record(file, content) with { Rows = found.Rows, Output = output, Found = true };
        journal.Append(late);
        return late;
    }

    private FileRecord Record(BatchInput file, Fingerprint? content) => new() { Path = file.Name, Job = _jobHash, Input = content };

    private void Add(BatchInput file, FileRecord record)
    {
        journal.Append(record);
        results.Add(file, record, found: false);
    }
}
