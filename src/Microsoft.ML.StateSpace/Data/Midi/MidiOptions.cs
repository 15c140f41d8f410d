using Microsoft.ML.StateSpace.Data.Import;

namespace Microsoft.ML.StateSpace.Data.Midi;

/// <summary>How the steps and keys of a piano-roll stand for the ticks and pitches of a MIDI file.</summary>
internal sealed record MidiOptions
{
    /// <summary>Steps of a quarter note; 1 to 96. Default 4, sixteenths.</summary>
    public int StepsPerQuarter { get; init; } = 4;

    /// <summary>The keys of a step. Default: the 88 of a piano.</summary>
    public PianoKeys Keys { get; init; } = PianoKeys.Piano;

    /// <summary>Quarter notes a minute, of a file that is written; 4 to 1000. Default 120.</summary>
    public int QuartersPerMinute { get; init; } = 120;

    /// <summary>How hard keys are struck, in a file that is written; 1 to 127. Default 80.</summary>
    public int Velocity { get; init; } = 80;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public void Validate()
    {
        Require(StepsPerQuarter, 1, 96, nameof(StepsPerQuarter));
        Require(QuartersPerMinute, 4, 1000, nameof(QuartersPerMinute));
        Require(Velocity, 1, 127, nameof(Velocity));
        Require(Keys.LowestPitch, 0, 127, nameof(Keys));
        Require(Keys.HighestPitch, Keys.LowestPitch, 127, nameof(Keys));
    }

    private static void Require(int value, int least, int most, string name)
    {
        if (value < least || value > most)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be from {least} to {most}.");
        }
    }
}
