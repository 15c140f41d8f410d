namespace Microsoft.ML.StateSpace.Data;

/// <summary>How piano-rolls become MIDI files.</summary>
public sealed record MidiSaveOptions
{
    /// <summary>Vector column of T·88 numbers, step-major: the keys of a piano, of which those sound whose number is at least ½. Default "Observations".</summary>
    public string ObservationColumnName { get; init; } = "Observations";

    /// <summary>Text column that files are named by, beside the row's number; null: the number alone. Default "SequenceId".</summary>
    public string? SequenceIdColumnName { get; init; } = "SequenceId";

    /// <summary>Steps of a quarter note, 1 to 96. Default 4, sixteenths.</summary>
    public int StepsPerQuarter { get; init; } = 4;

    /// <summary>Quarter notes a minute, 4 to 1000. Default 120.</summary>
    public int QuartersPerMinute { get; init; } = 120;
}
