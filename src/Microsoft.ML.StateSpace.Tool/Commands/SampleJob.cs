using Microsoft.ML.StateSpace.Data.Midi;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Tool.Files;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>What <c>statespace sample</c> was asked for, and its doing.</summary>
internal sealed record SampleJob
{
    public required string Model { get; init; }

    public required string Output { get; init; }

    public required SampleOptions Options { get; init; }

    public required string Device { get; init; }

    /// <summary>Sequences to continue; null: none.</summary>
    public string? Prefix { get; init; }

    /// <summary>Controls of the drawn steps; null: those of the sequences.</summary>
    public string? Controls { get; init; }

    /// <summary>Where MIDI files go; null: none are written.</summary>
    public string? MidiFolder { get; init; }

    public MidiOptions Midi { get; init; } = new();

    /// <summary>Draws and writes; whatever makes no sense is told before.</summary>
    public int Run(Terminal terminal)
    {
        if (string.Join(" ", Options.Validate(Prefix is not null)) is { Length: > 0 } faults)
            throw new UsageException(faults);
        if (MidiFolder is not null)
            CheckMidi();
        using ModelFile model = ModelFile.Load(Model, Device);
        if (MidiFolder is not null && !IsPianoRoll(model.StateSpace))
        {
            throw new UsageException($"--midi is for piano-rolls, {MidiOptionsKeys} numbers from 0 to 1 a step; the model has {model.StateSpace.ObservationSize} "
                + $"and a {model.StateSpace.Options.Generative.GetType().Name}");
        }

        DataFile? prefix = Prefix is null ? null : new DataFile(model.Context, Prefix);
        FutureControls? controls = Controls is null ? null
            : new DataFile(model.Context, Controls).Use(view => model.StateSpace.ReadControls(view, Options.Length - Options.PrefixLength));
        PendingFile.MakePlaceFor(Output);
        using MidiFolder? midi = MidiFolder is null ? null : new MidiFolder(MidiFolder, Midi);
        long written = ProgressDisplay.Show(terminal, display => prefix is null
            ? Write(display, model, null, controls)
            : prefix.Use(view => Write(display, model, view, controls)));
        midi?.WriteAll(model.Context, Output, Options.CancellationToken);
        terminal.WriteMessage($"{Output}: {written} sequences of {Options.Length} steps");
        return ExitCode.Ok;
    }

    private static int MidiOptionsKeys => new MidiOptions().Keys.Count;

    // The emission says what no target of its can be: nothing outside 0 to 1 is a piano-roll's.
    private static bool IsPianoRoll(DeepMarkovTransformer model)
    {
        var generative = model.Options.Generative;
        return model.ObservationSize == MidiOptionsKeys && generative.FaultOf(-1) is not null && generative.FaultOf(2) is not null && generative.FaultOf(1) is null;
    }

    private void CheckMidi()
    {
        try
        {
            Midi.Validate();
        }
        catch (ArgumentOutOfRangeException error)
        {
            throw new UsageException($"--midi: {DataFile.WithoutParameter(error)}");
        }
    }

    private long Write(ProgressDisplay display, ModelFile model, IDataView? prefixes, FutureControls? controls)
    {
        // What comes before the state space part of a chain makes its columns.
        IDataView? sequences = prefixes is null ? null : model.BeforeStateSpace(prefixes);
        IEnumerable<SampledSequence> rows = model.StateSpace.Sample(Options, sequences, controls);
        double total = Options.Samples * (double)(prefixes is null ? 1 : Math.Min(Options.Prefixes ?? long.MaxValue, prefixes.GetRowCount() ?? long.MaxValue));
        long count = 0;
        var watched = new WatchedDataView(model.Context.Data.LoadFromEnumerable(rows), done =>
        {
            Options.CancellationToken.ThrowIfCancellationRequested();
            count = done;
            display.Report("sample", done / total, $"{done} sequences");
        });
        DataFile.Write(watched, Output);
        return count;
    }
}
