using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>How far a stage has come, in numbers; a checkpoint keeps it as JSON.</summary>
internal sealed class StageProgress
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private double _before;

    /// <summary>Whole epochs done.</summary>
    public int EpochsDone { get; set; }

    /// <summary>Batches of the next epoch done.</summary>
    public int BatchesDone { get; set; }

    /// <summary>Updates done.</summary>
    public long Updates { get; set; }

    /// <summary>The figures of the epoch under way.</summary>
    public EpochSums Sums { get; set; } = new();

    /// <summary>The figures of the epochs done.</summary>
    public List<EpochRecord> Epochs { get; set; } = [];

    /// <summary>The epoch whose validation bound is the best; 0: none.</summary>
    public int BestEpoch { get; set; }

    /// <summary>That bound.</summary>
    public double BestBound { get; set; } = double.NegativeInfinity;

    /// <summary>The first epoch after which the KL counts in full; 0: none yet.</summary>
    public int FirstFullEpoch { get; set; }

    /// <summary>Wall time of the stage, all runs together.</summary>
    public double Seconds
    {
        get => _before + _clock.Elapsed.TotalSeconds;
        set => _before = value;
    }

    /// <summary>Wall time of the stage, all runs together.</summary>
    [JsonIgnore]
    public TimeSpan Elapsed => TimeSpan.FromSeconds(Seconds);

    /// <summary>Keeps the figures of an epoch, and begins the next one.</summary>
    public void Finish(EpochRecord epoch)
    {
        Epochs.Add(epoch);
        (EpochsDone, BatchesDone, Sums) = (epoch.Epoch, 0, new EpochSums());
    }

    /// <summary>Whether this epoch's validation bound is the best so far; it is remembered.</summary>
    public bool IsBest(int epoch, double bound)
    {
        if (bound > BestBound || !double.IsFinite(BestBound))
            (BestEpoch, BestBound) = (epoch, bound);
        return BestEpoch == epoch;
    }
}
