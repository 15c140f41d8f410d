using System.Globalization;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Very many sequences of 100 steps scored from Parquet to Parquet, smoothed means of 8 latents alone; resident memory must not grow
/// with them.</summary>
internal static class ManySequences
{
    private const int Steps = 100;

    public static object Run(IReadOnlyList<int> rows)
    {
        using var walks = new TrainedWalks();
        Score(walks, 1000);
        return new { benchmark = "manySequences", steps = Steps, files = rows.Select(count => Score(walks, count)).ToArray() };
    }

    private static object Score(TrainedWalks walks, int rows)
    {
        string input = walks.PathOf("in.parquet"), output = walks.PathOf("out.parquet");
        double writing = Timing.Once(() => Walks.Write(input, rows, Steps, TrainedWalks.Size)), seconds = 0, busy = 0;
        var resident = Memory.Watch(() => seconds = Timing.Once(() => busy = Timing.Processor(() =>
            TrainedWalks.Command("score", walks.Model, input, "--output", output, "--columns", "SequenceId,SmoothedMean"))));
        // The first tenth of the job warms up.
        double[] tenths = [.. Enumerable.Range(1, 9).Select(i => resident[i * resident.Count / 10])];
        double gigabytesIn = new FileInfo(input).Length / 1e9, gigabytesOut = new FileInfo(output).Length / 1e9;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"many, {rows,8} sequences   {seconds:f0} s, {rows / seconds:f0} rows/s ({busy:f0} s of processor time, {rows / busy:f0} rows/s), {gigabytesIn:f2} GB in (written in {writing:f0} s), {gigabytesOut:f2} GB out; "
            + $"peak resident {resident.Max():f0} MB; by tenths of the job {string.Join(", ", tenths.Select(t => $"{t:f0}"))}"));
        File.Delete(input);
        File.Delete(output);
        return new { rows, seconds, processorSeconds = busy, rowsPerSecond = rows / seconds, gigabytesIn, gigabytesOut, peakMegabytes = resident.Max(), megabytesByTenths = tenths };
    }
}
