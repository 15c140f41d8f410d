using Microsoft.ML.StateSpace.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Hands a batch's results back to the rows they belong to, those asked for, and notes which are no numbers.</summary>
/// <param name="batch">The layout.</param>
/// <param name="rows">The rows in the order the batch was made of, in the model's units.</param>
/// <param name="scores">The rows' scores in that order, to be given out in the data's units.</param>
/// <param name="outputs">What is asked for.</param>
/// <param name="scaling">The model's units; null: those of the data.</param>
internal sealed class GivenScores(SequenceBatch batch, IReadOnlyList<Sequence> rows, SequenceScores[] scores, ScoreOutputs outputs, SequenceScaling? scaling)
{
    private readonly int[] _steps = [.. rows.Select(r => r.Steps)];

    /// <summary>Whether any of these is asked for.</summary>
    public bool Wants(ScoreOutputs any) => (outputs & any) != 0;

    /// <summary>A packed result: a row's steps, and <paramref name="padding"/> beyond its length.</summary>
    public void Give(ScoreOutputs output, Tensor? packed, float padding, Action<SequenceScores, float[]> set, bool mayBeNaN = false)
    {
        if (!Wants(output) || packed is null)
            return;
        float[][] values = Trajectory.Unpack(packed, batch, _steps, padding);
        for (int b = 0; b < batch.Count; b++)
        {
            int place = batch.Order[b];
            set(scores[place], values[place]);
            if (!mayBeNaN)
                Mark(scores[place], output, values[place].AsSpan(0, values[place].Length / _steps[place] * batch.Lengths[b]));
        }
    }

    /// <summary>Observations [S, D], of which those that were observed are given out as they came.</summary>
    public void GiveImputed(Tensor? packed, IReadOnlyList<Sequence> raw)
    {
        Give(ScoreOutputs.Imputed, packed, float.NaN, (s, v) => s.Imputed = v);
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i].Imputed is not { } values)
                continue;
            var row = rows[i];
            // Steps beyond the length hold NaN, and stay so whatever is added.
            scaling?.Restore(values, scaling.Regression is null ? [] : new Future(row.Inputs, 0).ControlsUntil(row.Steps));
            int size = raw[i].ObservationSize;
            for (int k = 0; k < raw[i].Length * size; k++)
                if (raw[i].IsObserved(k / size, k % size))
                    values[k] = raw[i].Observations[k];
        }
    }

    /// <summary>Observations of steps to come, [batch, .., H, D] for H = <paramref name="horizon"/>.</summary>
    public void Give(ScoreOutputs output, Tensor? byRow, int horizon, Action<SequenceScores, float[]> set)
    {
        if (!Wants(output) || byRow is null)
            return;
        float[][] values = Trajectory.Rows(byRow, scaling, b => new Future(rows[batch.Order[b]].Inputs, rows[batch.Order[b]].Length).ControlsUntil(horizon));
        for (int b = 0; b < batch.Count; b++)
        {
            set(scores[batch.Order[b]], values[b]);
            Mark(scores[batch.Order[b]], output, values[b]);
        }
    }

    /// <summary>The likelihood of every step, and of the sequence. Where a step has none, the weights say nothing, and whatever follows
    /// from them may yet look sound: it is all marked.</summary>
    public void GiveLikelihood(Tensor packed, ScoreOutputs following)
    {
        using var scope = NewDisposeScope();
        float[][] likelihoods = Trajectory.Unpack(packed, batch, _steps, 0);
        double[] values = packed.to(ScalarType.Float64).cpu().data<double>().ToArray();
        for (int b = 0; b < batch.Count; b++)
        {
            int place = batch.Order[b];
            Mark(scores[place], following, likelihoods[place]);
            for (int t = 0; scaling is not null && t < rows[place].Length; t++)
                likelihoods[place][t] += (float)rows[place].LogJacobianOf(t);
            if (Wants(ScoreOutputs.LogLikelihood))
                scores[place].LogLikelihood = likelihoods[place];
            if (Wants(ScoreOutputs.SequenceLogLikelihood))
                scores[place].SequenceLogLikelihood = (float)(Sum(values, b) + rows[place].LogJacobian());
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
