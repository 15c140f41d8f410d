using Microsoft.ML.StateSpace.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Hands a batch's results back to the rows they belong to, those asked for, and notes which are no numbers.</summary>
/// <param name="batch">The layout.</param>
/// <param name="steps">T of each row, padding included, in the order the batch was made of.</param>
/// <param name="scores">The rows' scores in that order.</param>
/// <param name="outputs">What is asked for.</param>
internal sealed class GivenScores(SequenceBatch batch, int[] steps, SequenceScores[] scores, ScoreOutputs outputs)
{
    /// <summary>Whether any of these is asked for.</summary>
    public bool Wants(ScoreOutputs any) => (outputs & any) != 0;

    /// <summary>A packed result: a row's steps, and <paramref name="padding"/> beyond its length.</summary>
    public void Give(ScoreOutputs output, Tensor? packed, float padding, Action<SequenceScores, float[]> set, bool mayBeNaN = false)
    {
        if (!Wants(output) || packed is null)
            return;
        float[][] rows = Trajectory.Unpack(packed, batch, steps, padding);
        for (int b = 0; b < batch.Count; b++)
        {
            int place = batch.Order[b];
            set(scores[place], rows[place]);
            if (!mayBeNaN)
                Mark(scores[place], output, rows[place].AsSpan(0, rows[place].Length / steps[place] * batch.Lengths[b]));
        }
    }

    /// <summary>A result of a row as a whole, [batch, ..].</summary>
    public void Give(ScoreOutputs output, Tensor? byRow, Action<SequenceScores, float[]> set)
    {
        if (!Wants(output) || byRow is null)
            return;
        float[][] rows = Trajectory.Rows(byRow);
        for (int b = 0; b < batch.Count; b++)
        {
            set(scores[batch.Order[b]], rows[b]);
            Mark(scores[batch.Order[b]], output, rows[b]);
        }
    }

    /// <summary>The likelihood of every step, and of the sequence. Where a step has none, the weights say nothing, and whatever follows
    /// from them may yet look sound: it is all marked.</summary>
    public void GiveLikelihood(Tensor packed, ScoreOutputs following)
    {
        using var scope = NewDisposeScope();
        float[][] likelihoods = Trajectory.Unpack(packed, batch, steps, 0);
        double[] values = packed.to(ScalarType.Float64).cpu().data<double>().ToArray();
        for (int b = 0; b < batch.Count; b++)
        {
            int place = batch.Order[b];
            Mark(scores[place], following, likelihoods[place]);
            if (Wants(ScoreOutputs.LogLikelihood))
                scores[place].LogLikelihood = likelihoods[place];
            if (Wants(ScoreOutputs.SequenceLogLikelihood))
                scores[place].SequenceLogLikelihood = (float)Sum(values, b);
        }
    }

    private double Sum(double[] packed, int row)
    {
        double sum = 0;
        for (int t = 0; t < batch.Lengths[row]; t++)
            sum += packed[batch.Offsets[t] + row];
        return sum;
    }

    private static void Mark(SequenceScores scores, ScoreOutputs output, ReadOnlySpan<float> values)
    {
        foreach (float value in values)
            if (!float.IsFinite(value))
                scores.NotFinite |= output;
    }
}
