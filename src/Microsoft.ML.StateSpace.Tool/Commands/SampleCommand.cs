using System.CommandLine;
using Microsoft.ML.StateSpace.Data.Midi;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tool.Console;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace sample MODEL.zip --output OUT.parquet</c>: sequences drawn from a model, from nothing or after prefixes.</summary>
internal static class SampleCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var model = new Argument<string>("model") { Description = "A trained model (zip)." };
        var output = new Option<string>("--output") { Description = "Parquet file to write.", Required = true };
        var length = new Option<int>("--length") { Description = "Steps of a sequence, those of its prefix included.", Required = true };
        var count = new Option<int?>("--count") { Description = "Without --prefix: sequences to draw. Default 1." };
        var prefix = new Option<string?>("--prefix") { Description = "Parquet file of sequences to continue." };
        var prefixes = new Option<int?>("--prefixes") { Description = "Continue the first so many of them. Default: all." };
        var prefixLength = new Option<int?>("--prefix-length") { Description = "Steps that are kept of each." };
        var samples = new Option<int?>("--samples") { Description = "Continuations of each. Default 1." };
        var mode = new Option<SampleMode>("--mode") { Description = "ancestral: draw every step; mean: go on by means.", DefaultValueFactory = _ => SampleMode.Ancestral };
        Option<string?> controls = Shared.Controls();
        var midi = new Option<string?>("--midi") { Description = "Folder for a MIDI file of each sequence; piano-rolls of 88 keys only." };
        var quarter = new Option<int?>("--steps-per-quarter") { Description = "MIDI: steps of a quarter note. Default 4." };
        var tempo = new Option<int?>("--tempo") { Description = "MIDI: quarter notes a minute. Default 120." };
        var particles = new Option<int?>("--particles") { Description = "Particles of the filter that reads a prefix. Default: the model's." };
        var seed = new Option<int?>("--seed") { Description = "Seed of the draws. Default: the model's." };
        Option<string> device = Shared.Device();
        Shared.RequirePositive(length);
        Shared.RequirePositive(count, prefixes, prefixLength, samples, quarter, particles);
        var command = new Command("sample", "Draw sequences from a model, or continue given ones.")
        {
            model, output, length, count, prefix, prefixes, prefixLength, samples, mode, controls, midi, quarter, tempo, particles, seed, device,
        };
        command.SetAction(parsed =>
        {
            bool continues = parsed.GetValue(prefix) is not null;
            RequireWith(continues, "--prefix", (prefixes.Name, parsed.GetValue(prefixes)), (prefixLength.Name, parsed.GetValue(prefixLength)), (samples.Name, parsed.GetValue(samples)));
            RequireWith(!continues, "no --prefix", (count.Name, parsed.GetValue(count)));
            RequireWith(parsed.GetValue(midi) is not null, "--midi", (quarter.Name, parsed.GetValue(quarter)), (tempo.Name, parsed.GetValue(tempo)));
            if (continues && parsed.GetValue(prefixLength) is null)
                throw new UsageException("--prefix needs --prefix-length, the steps that are kept of each sequence");
            var job = new SampleJob
            {
                Model = parsed.GetRequiredValue(model),
                Output = parsed.GetRequiredValue(output),
                Prefix = parsed.GetValue(prefix),
                Controls = parsed.GetValue(controls),
                MidiFolder = parsed.GetValue(midi),
                Midi = new MidiOptions { StepsPerQuarter = parsed.GetValue(quarter) ?? 4, QuartersPerMinute = parsed.GetValue(tempo) ?? 120 },
                Device = parsed.GetRequiredValue(device),
                Options = new SampleOptions
                {
                    Samples = parsed.GetValue(continues ? samples : count) ?? 1,
                    Length = parsed.GetValue(length),
                    PrefixLength = parsed.GetValue(prefixLength) ?? 0,
                    Prefixes = parsed.GetValue(prefixes),
                    Mode = parsed.GetValue(mode),
                    Particles = parsed.GetValue(particles),
                    Seed = parsed.GetValue(seed),
                    CancellationToken = cancellation,
                },
            };
            return job.Run(terminal);
        });
        return command;
    }

    private static void RequireWith(bool given, string companion, params ReadOnlySpan<(string Name, int? Value)> options)
    {
        foreach ((string name, int? value) in options)
        {
            if (value is not null && !given)
                throw new UsageException($"{name} goes with {companion}");
        }
    }
}
