namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>Refuses, before any work, to replace outputs that the options do not give up.</summary>
/// <param name="folder">Where they are.</param>
/// <param name="job">The job's description.</param>
/// <param name="known">What the journals say of them.</param>
/// <param name="options">What was asked for.</param>
internal sealed class OutputGuard(OutputFolder folder, string job, ILookup<string, FileRecord> known, BatchOptions options)
{
    private readonly string _jobHash = Fingerprint.OfText(job);

    /// <exception cref="UsageException">An output is there and neither resumed nor overwritten, or it is another job's.</exception>
    /// <exception cref="OutputException">An output's name is that of a directory.</exception>
    public void Check(IEnumerable<BatchInput> files)
    {
        foreach (BatchInput file in files)
        {
            string place = folder.PlaceOf(file.Name);
            if (Directory.Exists(place))
                throw new OutputException($"cannot write '{place}': it is a directory; remove it, or choose another folder");
            if (options.Overwrite || !File.Exists(place))
                continue;
            if (!options.Resume)
                throw new UsageException($"'{place}' is there already; give --resume to go on with the job, --overwrite to replace what is there, or another folder");
            if (!IsOfJob(file, place))
                throw new UsageException($"'{place}' was not made by this job but by another model, with other columns or options, or by another program; "
                    + "give --overwrite as well to replace such files, or another folder");
        }
    }

    // A damaged output may have lost its stamp: the journal knows it then.
    private bool IsOfJob(BatchInput file, string place) =>
        ScoreStamp.Read(place) is { } found ? found.Stamp.Job == job : known[file.Name].Any(record => record.IsOk && record.Job == _jobHash);
}
