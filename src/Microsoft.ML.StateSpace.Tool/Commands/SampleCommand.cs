using System.CommandLine;
using Microsoft.ML.StateSpace.Data.Midi;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tool.Console;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace sample MODEL.zip --output OUT.parquet</c>: sequences drawn from a model, from nothing or after prefixes.</summary>
internal sealed class SampleCommand
{
    private readonly Argument<string> _model = new("model") { Description = "A trained model (zip)." };
    private readonly Option<string> _output = new("--output") { Description = "Parquet file to write.", Required = true };
    private readonly Option<int> _length = new("--length") { Description = "Steps of a sequence, those of its prefix included.", Required = true };
    private readonly Option<int?> _count = new("--count") { Description = "Without --prefix: sequences to draw. Default 1." };
    private readonly Option<string?> _prefix = new("--prefix") { Description = "Parquet file of sequences to continue." };
    private readonly Option<int?> _prefixes = new("--prefixes") { Description = "Continue the first so many of them. Default: all." };
    private readonly Option<int?> _prefixLength = new("--prefix-length") { Description = "Steps that are kept of each." };
    private readonly Option<int?> _samples = new("--samples") { Description = "Continuations of each. Default 1." };
    private readonly Option<SampleMode> _mode = new("--mode")
    {
        Description = "ancestral: draw every step; mean: go on by means.",
        DefaultValueFactory = _ => SampleMode.Ancestral,
    };
    private readonly Option<string?> _controls = Shared.Controls();
    private readonly Option<string?> _midi = new("--midi") { Description = "Folder for a MIDI file of each sequence; piano-rolls of 88 keys only." };
    private readonly Option<int?> _quarter = new("--steps-per-quarter") { Description = "MIDI: steps of a quarter note. Default 4." };
    private readonly Option<int?> _tempo = new("--tempo") { Description = "MIDI: quarter notes a minute. Default 120." };
    private readonly Option<int?> _particles = new("--particles") { Description = "Particles of the filter that reads a prefix. Default: the model's." };
    private readonly Option<int?> _seed = new("--seed") { Description = "Seed of the draws. Default: the model's." };
    private readonly Option<string> _device = Shared.Device();

    private SampleCommand()
    {
        Shared.RequirePositive(_length);
        Shared.RequirePositive(_count, _prefixes, _prefixLength, _samples, _quarter, _particles);
    }

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var options = new SampleCommand();
        var command = new Command("sample", "Draw sequences from a model, or continue given ones.")
        {
            options._model, options._output, options._length, options._count,
            options._prefix, options._prefixes, options._prefixLength, options._samples,
            options._mode, options._controls, options._midi, options._quarter, options._tempo,
            options._particles, options._seed, options._device,
        };
        command.SetAction(parsed =>
        {
            options.CheckCompanions(parsed);
            return options.Read(parsed, cancellation).Run(terminal);
        });
        return command;
    }

    private void CheckCompanions(ParseResult parsed)
    {
        bool continues = parsed.GetValue(_prefix) is not null;
        Require(parsed, continues, "--prefix", _prefixes, _prefixLength, _samples);
        Require(parsed, !continues, "no --prefix", _count);
        Require(parsed, parsed.GetValue(_midi) is not null, "--midi", _quarter, _tempo);
        if (continues && parsed.GetValue(_prefixLength) is null)
            throw new UsageException("--prefix needs --prefix-length, the steps that are kept of each sequence");
    }

    private static void Require(ParseResult parsed, bool given, string companion, params ReadOnlySpan<Option<int?>> options)
    {
        foreach (Option<int?> option in options)
        {
            if (!given && parsed.GetValue(option) is not null)
                throw new UsageException($"{option.Name} goes with {companion}");
        }
    }

    private SampleJob Read(ParseResult parsed, CancellationToken cancellation) => new()
    {
        Model = parsed.GetRequiredValue(_model),
        Output = parsed.GetRequiredValue(_output),
        Prefix = parsed.GetValue(_prefix),
        Controls = parsed.GetValue(_controls),
        MidiFolder = parsed.GetValue(_midi),
        Midi = new MidiOptions { StepsPerQuarter = parsed.GetValue(_quarter) ?? 4, QuartersPerMinute = parsed.GetValue(_tempo) ?? 120 },
        Device = parsed.GetRequiredValue(_device),
        Options = new SampleOptions
        {
            Samples = parsed.GetValue(_samples) ?? parsed.GetValue(_count) ?? 1,
            Length = parsed.GetValue(_length),
            PrefixLength = parsed.GetValue(_prefixLength) ?? 0,
            Prefixes = parsed.GetValue(_prefixes),
            Mode = parsed.GetValue(_mode),
            Particles = parsed.GetValue(_particles),
            Seed = parsed.GetValue(_seed),
            CancellationToken = cancellation,
        },
    };
}
