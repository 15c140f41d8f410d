using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>One dimension of a sequence.</summary>
/// <param name="Values">T numbers; NaN where missing.</param>
/// <param name="Controls">u of at least T steps, step-major; that of a step acts on the transition into it.</param>
/// <param name="ControlSize">U</param>
internal sealed record ScalarSeries(double[] Values, double[] Controls, int ControlSize)
{
    /// <summary>T</summary>
    public int Length => Values.Length;

    /// <summary>U numbers.</summary>
    public ReadOnlySpan<double> ControlsOf(int step) => Controls.AsSpan(step * ControlSize, ControlSize);

    /// <summary>All dimensions of a sequence, which share the controls.</summary>
    /// <param name="sequence">In a model's units.</param>
    /// <param name="ahead">Steps after the last whose controls are wanted.</param>
    public static ScalarSeries[] Of(Sequence sequence, int ahead)
    {
        int size = sequence.ObservationSize, width = sequence.Inputs.ControlSize;
        var controls = new double[width == 0 ? 0 : width * (sequence.Length + ahead)];
        for (int i = 0; i < controls.Length; i += width)
        {
            var own = sequence.Inputs.ControlsOf(i / width);
            for (int u = 0; u < width; u++)
                controls[i + u] = own[u];
        }
        float[] values = TrainingValues.Values(sequence);
        return [.. Enumerable.Range(0, size).Select(d => new ScalarSeries([.. Enumerable.Range(0, sequence.Length).Select(t => (double)values[t * size + d])], controls, width))];
    }
}
