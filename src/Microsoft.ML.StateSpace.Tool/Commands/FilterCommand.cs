using System.CommandLine;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Streaming;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace filter MODEL.zip</c>: a line of JSON in for every observation, a line out with what the filter says of it.</summary>
internal static class FilterCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var model = new Argument<string>("model") { Description = "A trained model (zip)." };
        var state = new Option<string?>("--state") { Description = "Checkpoint: read first where it exists, written at the end, also of a run that fails." };
        var horizon = new Option<int?>("--horizon") { Description = "Steps to forecast after every observation. Default: none." };
        var quantiles = new Option<string>("--quantiles") { Description = "The forecasts', separated by commas.", DefaultValueFactory = _ => "0.1,0.5,0.9" };
        var scores = new Option<bool>("--anomaly-scores") { Description = "Say how surprising every observation is." };
        var together = new Option<int>("--together") { Description = "Lines that are answered together; faster, but later.", DefaultValueFactory = _ => 1 };
        var particles = new Option<int?>("--particles") { Description = "Particles of the filter. Default: the model's." };
        var seed = new Option<int?>("--seed") { Description = "Seed of the draws. Default: the model's." };
        Option<string> device = Shared.Device();
        Shared.RequirePositive(horizon, particles);
        Shared.RequirePositive(together);
        var command = new Command("filter", "Filter series one observation at a time: lines {\"series\": \"a\", \"x\": [..], \"time\": .., \"controls\": [..]} from stdin.")
        {
            model, state, horizon, quantiles, scores, together, particles, seed, device,
        };
        command.SetAction(parsed =>
        {
            using ModelFile trained = ModelFile.Load(parsed.GetRequiredValue(model), parsed.GetRequiredValue(device));
            var options = new FilterOptions { Particles = parsed.GetValue(particles), Seed = parsed.GetValue(seed), AnomalyScores = parsed.GetValue(scores) };
            var forecast = parsed.GetValue(horizon) is { } steps ? new ForecastOptions { Horizon = steps, Quantiles = Shared.Probabilities(parsed.GetRequiredValue(quantiles)) } : null;
            using StateSpaceFilter filter = trained.Context.StateSpace.CreateFilter(trained.Transformer, options);
            return Run(terminal, filter, new FilterLines(filter, forecast), parsed.GetValue(state), parsed.GetValue(together), cancellation);
        });
        return command;
    }

    private static int Run(Terminal terminal, StateSpaceFilter filter, FilterLines lines, string? state, int together, CancellationToken cancellation)
    {
        Restore(filter, state);
        using PendingFile? checkPoint = state is null ? null : new PendingFile(state);
        try
        {
            lines.Answer(terminal.Input, terminal.Output, together, cancellation);
        }
        finally
        {
            // What was answered has been taken in: whoever goes on must find it.
            checkPoint?.Commit(path =>
            {
                using FileStream stream = File.Create(path);
                filter.CheckPoint(stream);
            });
        }

        terminal.WriteMessage($"{lines.Answered} observations, {filter.Series.Count} series");
        return ExitCode.Ok;
    }

    private static void Restore(StateSpaceFilter filter, string? state)
    {
        if (state is null || !File.Exists(state))
            return;
        using FileStream stream = File.OpenRead(state);
        try
        {
            filter.Restore(stream);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"'{state}': {error.Message} Remove it to begin anew.", error);
        }
    }
}
