using System.Globalization;
using Microsoft.ML.StateSpace.Scoring;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>One sequence of very many steps, from Parquet: its bounds, and its filter's log-likelihood; resident memory must not grow with it.</summary>
internal static class LongSequences
{
    private const int Particles = 16, FilterParticles = 64;

    public static object Run(IReadOnlyList<int> lengths)
    {
        using var walks = new TrainedWalks();
        Measure(walks, 1000);
        return new { benchmark = "longSequences", particles = Particles, filterParticles = FilterParticles, sequences = lengths.Select(steps => Measure(walks, steps)).ToArray() };
    }

    private static object Measure(TrainedWalks walks, int steps)
    {
        string file = walks.PathOf($"{steps}.parquet");
        Walks.Write(file, 1, steps, TrainedWalks.Size);
        var ml = new MLContext();
        using var model = (IDisposable)ml.Model.Load(walks.Model, out _);
        var data = ml.StateSpace.Data.LoadFromParquet(file);
        // The filter runs when every sequence's bounds are there.
        TimeSpan began = Environment.CpuUsage.TotalTime, bounds = default;
        var between = new Told(() => bounds = Environment.CpuUsage.TotalTime - began);
        BoundMetrics? found = null;
        double wall = 0, peak = Memory.PeakOf(() => wall = Timing.Once(() => found = ml.StateSpace.Evaluate((ITransformer)model, data,
            new EvaluationOptions { Particles = Particles, FilterParticles = FilterParticles, Progress = between })));
        double filter = (Environment.CpuUsage.TotalTime - began - bounds).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"long, {steps,8} steps   processor time of three bounds, {Particles} particles: {bounds.TotalSeconds:f1} s, {1e6 * bounds.TotalSeconds / steps:f0} µs a step; "
            + $"of the filter, {FilterParticles} particles: {filter:f1} s, {1e6 * filter / steps:f0} µs a step; {wall:f0} s in all; peak resident {peak:f0} MB; "
            + $"a step: ELBO {found!.Elbo.PerStep:f4}, FIVO {found.Fivo.PerStep:f4}, filter {found.Filter!.LogLikelihood.PerStep:f4}"));
        return new { steps, boundSeconds = bounds.TotalSeconds, filterSeconds = filter, wallSeconds = wall, peakMegabytes = peak, found };
    }

    // Progress<T> would report on another thread, and late.
    private sealed class Told(Action then) : IProgress<int>
    {
        public void Report(int value) => then();
    }
}
