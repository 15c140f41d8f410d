using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Scoring.Streaming;

/// <summary>All that is kept of one series, whatever it has seen.</summary>
/// <param name="id">Its name.</param>
internal sealed class Series(string id)
{
    /// <summary>Its name.</summary>
    public string Id { get; } = id;

    /// <summary>What its noise depends on, beside the seed.</summary>
    public ulong Key { get; } = Sequence.KeyOf(id);

    /// <summary>Steps taken.</summary>
    public long Steps { get; set; }

    /// <summary>Time of its last step; 0 where the model reads none.</summary>
    public double Time { get; set; }

    /// <summary>Time between its last two steps, in the model's unit of time; 0 before there are two.</summary>
    public float Gap { get; set; }

    /// <summary>What the filter carries, field after field; empty before the first step.</summary>
    public byte[] State { get; set; } = [];
}

/// <summary>One step that a series is about to take.</summary>
/// <param name="Series">The series; not yet among the filter's where it begins.</param>
/// <param name="Values">D numbers in the model's units, 0 where missing.</param>
/// <param name="Observed">D of them; null when nothing is missing.</param>
/// <param name="Controls">U numbers in the model's units.</param>
/// <param name="Time">The step's time; 0 where the model reads none.</param>
/// <param name="Gap">Time since the step before in the model's unit of time; 0 at the first.</param>
internal sealed record SeriesStep(Series Series, float[] Values, bool[]? Observed, float[] Controls, double Time, float Gap);
