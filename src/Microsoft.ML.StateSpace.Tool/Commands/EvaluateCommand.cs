using System.CommandLine;
using System.Globalization;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;
using Spectre.Console;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace evaluate MODEL.zip DATA --particles N</c>: bounds on the data's log-likelihood.</summary>
internal static class EvaluateCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var model = new Argument<string>("model") { Description = "A trained model (zip)." };
        var data = new Argument<string>("data") { Description = "Parquet file of sequences." };
        var particles = new Option<int>("--particles") { Description = "Samples of the latents a sequence.", DefaultValueFactory = _ => 100 };
        Shared.RequirePositive(particles);
        var seed = new Option<int>("--seed") { Description = "Seed of the samples.", DefaultValueFactory = _ => 1 };
        var filter = new Option<int?>("--filter-particles") { Description = "Also run the filter that scores the model: with so many particles, where it has any." };
        Shared.RequirePositive(filter);
        var refine = new Option<int>("--refine") { Description = "Gradient steps on each sequence's own q before the samples are drawn; the bounds stay bounds, and are tighter." };
        Shared.RequirePositive(refine);
        var trace = new Option<string?>("--trace") { Description = "Parquet file for FIVO's log-weights, effective sample sizes and resampling, a row per sequence." };
        Option<string> device = Shared.Device();
        Option<string> format = Shared.Format();
        var command = new Command("evaluate", "Bounds on the log-likelihood of sequences, in nats.") { model, data, particles, filter, refine, seed, trace, device, format };
        command.SetAction(parsed =>
        {
            using TraceFile? traces = parsed.GetValue(trace) is { } path ? new TraceFile(path) : null;
            var options = new EvaluationOptions
            {
                Trace = traces is null ? null : traces.Add,
                Particles = parsed.GetValue(particles),
                FilterParticles = parsed.GetValue(filter) ?? 0,
                RefinementSteps = parsed.GetValue(refine),
                Seed = parsed.GetValue(seed),
                CancellationToken = cancellation,
            };
            BoundMetrics metrics = Run(
                terminal, parsed.GetRequiredValue(model), parsed.GetRequiredValue(data), parsed.GetRequiredValue(device), options, traces);
            if (parsed.GetValue(format) == Shared.Json)
                Shared.WriteJson(terminal.Output, metrics);
            else
                Print(terminal.Tables, metrics);
            return ExitCode.Ok;
        });
        return command;
    }

    private static BoundMetrics Run(Terminal terminal, string modelPath, string dataPath, string device, EvaluationOptions options, TraceFile? traces)
    {
        using ModelFile model = ModelFile.Load(modelPath, device);
        var data = new DataFile(model.Context, dataPath);
        data.RequireRows(1, "there is nothing to evaluate");
        double rows = data.View.GetRowCount() ?? double.PositiveInfinity;
        BoundMetrics metrics = ProgressDisplay.Show(terminal, display => data.Use(view => model.Context.StateSpace.Evaluate(model.Transformer, view, options with
        {
            Progress = new SequenceProgress(done => display.Report("evaluate", done / rows, $"{done} sequences")),
        })));
        traces?.Write(data.View);
        return metrics;
    }

    private static void Print(IAnsiConsole console, BoundMetrics metrics)
    {
        console.WriteLine($"{metrics.Sequences} sequences, {metrics.Steps} steps, {metrics.Particles} particles; log-likelihood bounds in nats");
        Table table = new Table()
            .AddColumn("bound").AddColumn("per step").AddColumn("per sequence").AddColumn("mean of per step");
        foreach ((string name, BoundFigures figures) in new[] { ("ELBO", metrics.Elbo), ("IWAE (importance-sampled)", metrics.ImportanceSampled), ("FIVO", metrics.Fivo) })
            table.AddRow(name, Number(figures.PerStep), Number(figures.PerSequence), Number(figures.MeanOfPerStep));
        if (metrics.Filter is { LogLikelihood: var found } filter)
        {
            table.AddRow(NameOf(filter), Number(found.PerStep), Number(found.PerSequence), Number(found.MeanOfPerStep));
            if (filter.Kind == FilterKind.Particle)
                console.WriteLine($"particle filter: mean effective sample size {Number(filter.EffectiveSampleSize)} of {filter.Particles} particles");
        }
        foreach (TableColumn column in table.Columns.Skip(1))
            column.RightAligned();
        console.Write(table);
        if (metrics.FreeEnergy is { } energy)
            console.WriteLine($"free energy per step before and after each iteration: {string.Join(", ", energy.Select(Number))}");
        console.WriteLine($"negative, a (b) {{c}}: {metrics.Triple}  (importance-sampled per step, ELBO per step, mean of ELBO per step)");
    }

    private static string NameOf(FilterFigures filter) => filter.Kind switch
    {
        FilterKind.Particle => "particle filter",
        FilterKind.Exact => "Kalman filter (exact)",
        _ => "unscented Kalman filter",
    };

    private static string Number(double value) => value.ToString("f4", CultureInfo.InvariantCulture);

    // Progress<T> would report on another thread, and late.
    private sealed class SequenceProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
