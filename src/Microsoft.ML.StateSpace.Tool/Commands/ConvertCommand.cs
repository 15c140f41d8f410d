using System.CommandLine;
using Microsoft.ML.StateSpace.Tool.Console;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace convert SOURCE --output OUT.parquet</c>: piano-rolls, audio and tables of steps to Parquet, a row per sequence.</summary>
internal static class ConvertCommand
{
    private const string SourceHelp =
        "Piano-rolls as text (plain or gzip'd: a line a sequence, steps separated by ';', keys by ','), as a Python pickle or a MATLAB file; "
        + "MIDI or WAV files, one, or a folder or a zip of them; CSV (.csv, .tsv, also .gz): a line of names, then a step a line, or with --pivot an observation a line.";

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var source = new Argument<string>("source") { Description = SourceHelp };
        var output = new Option<string>("--output") { Description = "Parquet file to write.", Required = true };
        var split = new Option<string?>("--split") { Description = "Pickle, MATLAB: train, valid or test." };
        split.AcceptOnlyFromAmong("train", "valid", "test");
        var keys = new Option<int?>("--keys") { Description = "Piano-rolls: keys of a step. Default 88." };
        var lowest = new Option<int?>("--lowest-pitch") { Description = "Pickle, MIDI: the MIDI pitch of the first key. Default 21." };
        var quarter = new Option<int?>("--steps-per-quarter") { Description = "MIDI: steps of a quarter note. Default 4." };
        var frame = new Option<int?>("--frame") { Description = "Audio: samples of a step." };
        var partial = new Option<string?>("--partial-frame") { Description = "Audio: the samples after the last whole frame. mask (default): a step with missing values; drop." };
        partial.AcceptOnlyFromAmong("mask", "drop");
        var statistics = new Option<string?>("--statistics-from")
        {
            Description = "Audio: take mean and deviation from a converted file (that of the training part) or a JSON file; without it they are this source's own.",
        };
        Shared.RequirePositive(keys, quarter, frame);
        Shared.RequireAtLeast(0, lowest);
        var csv = new CsvOptions();
        var command = new Command("convert", "Turn piano-rolls, audio or a table of steps into a Parquet file.")
        {
            source, output, split, keys, lowest, quarter, frame, partial, statistics,
        };
        foreach (Option option in csv.All)
            command.Add(option);
        command.SetAction(parsed =>
        {
            cancellation.ThrowIfCancellationRequested();
            var conversion = new Conversion
            {
                Source = parsed.GetRequiredValue(source),
                Target = parsed.GetRequiredValue(output),
                Split = parsed.GetValue(split),
                Keys = parsed.GetValue(keys),
                LowestPitch = parsed.GetValue(lowest),
                StepsPerQuarter = parsed.GetValue(quarter),
                Frame = parsed.GetValue(frame),
                PartialFrame = parsed.GetValue(partial),
                StatisticsFrom = parsed.GetValue(statistics),
                Csv = csv.Read(parsed),
                CsvOptions = csv.Given(parsed),
            };
            terminal.WriteMessage($"{conversion.Target}: {conversion.Run(cancellation)} sequences");
            return ExitCode.Ok;
        });
        return command;
    }
}
