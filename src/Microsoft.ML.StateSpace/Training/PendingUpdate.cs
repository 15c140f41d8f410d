using Microsoft.ML.StateSpace.Bounds;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>An update that is under way, or done, and whose numbers lie on the device until somebody reads them.</summary>
/// <param name="Rows">What it looked at.</param>
/// <param name="Of">What its shares have in common.</param>
/// <param name="At">Where in the schedule.</param>
/// <param name="Shares">What they gave.</param>
/// <param name="Norm">Global norm of the loss's gradient before clipping, of no dimension.</param>
internal sealed record PendingUpdate(TrainingBatch Rows, UpdateScope Of, SchedulePoint At, IReadOnlyList<ShareResult> Shares, Tensor Norm) : IDisposable
{
    /// <summary>The learning rate.</summary>
    public double LearningRate { get; init; }

    /// <summary>Whether bound and gradient are finite, of no dimension, on the device.</summary>
    public Tensor IsFinite()
    {
        var bound = Shares[0].Numbers[0];
        foreach (var share in Shares.Skip(1))
            bound = bound + share.Numbers[0];
        return (bound + Norm).isfinite();
    }

    /// <summary>The numbers of updates in one transfer from the device: of each, its shares' and the norm.</summary>
    public static float[][] Numbers(IReadOnlyList<PendingUpdate> updates)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        float[] all = cat([.. updates.SelectMany(u => u.Shares.Select(s => s.Numbers).Append(u.Norm.unsqueeze(0)))], 0).cpu().data<float>().ToArray();
        var result = new float[updates.Count][];
        for (int i = 0, at = 0; i < result.Length; at += result[i++].Length)
            result[i] = all[at..(at + 3 * updates[i].Shares.Count + 1)];
        return result;
    }

    /// <summary>What it did.</summary>
    /// <param name="numbers">Its own, of <see cref="Numbers"/>.</param>
    public UpdateResult Result(float[] numbers)
    {
        double Sum(int which) => Shares.Select((_, share) => (double)numbers[3 * share + which]).Sum();
        double jacobian = Shares.Sum(s => s.LogJacobian);
        return new UpdateResult(Of.Steps, (Sum(0) + jacobian) / Of.Steps, Sum(1) + jacobian, Sum(2), numbers[^1], Of.KlWeight, LearningRate);
    }

    public void Dispose()
    {
        foreach (var share in Shares)
            share.Dispose();
        Norm.Dispose();
    }
}
