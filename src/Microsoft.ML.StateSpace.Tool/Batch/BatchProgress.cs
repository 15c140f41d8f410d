using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>How far a job has come: files, rows, rows per second, time left. Any thread may report.</summary>
/// <param name="display">Where it is shown.</param>
/// <param name="rowsOf">The rows of each file that could be opened.</param>
internal sealed class BatchProgress(ProgressDisplay display, IReadOnlyDictionary<BatchInput, long> rowsOf)
{
    private readonly Lock _reporting = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly long _total = rowsOf.Values.Sum();
    private long _scored;
    private long _passed;
    private int _files;

    /// <summary>A row more has been scored.</summary>
    public void Row()
    {
        lock (_reporting)
        {
            _scored++;
            Show();
        }
    }

    /// <summary>A file is done with.</summary>
    /// <param name="file">The file.</param>
    /// <param name="scored">The rows that were reported for it.</param>
    public void Done(BatchInput file, long scored)
    {
        lock (_reporting)
        {
            _files++;
            // Rows that need not, or cannot, be scored say nothing about the rate.
            _passed += Math.Max(0, rowsOf.GetValueOrDefault(file) - scored);
            Show();
        }
    }

    /// <summary>Tells of a file that failed.</summary>
    public void Fault(string message)
    {
        lock (_reporting)
            display.WriteLine($"error: {message}");
    }

    private void Show()
    {
        double seconds = _clock.Elapsed.TotalSeconds;
        double rate = seconds > 0 ? _scored / seconds : 0;
        long left = Math.Max(0, _total - _scored - _passed);
        string time = rate > 0 ? $"  {Duration.Format(TimeSpan.FromSeconds(left / rate))} left" : "";
        display.Report("score", _total > 0 ? 1.0 - left / (double)_total : 1.0,
            string.Create(CultureInfo.InvariantCulture, $"{_files}/{rowsOf.Count} files  {_scored} rows  {rate:f1} rows/s{time}"));
    }
}
