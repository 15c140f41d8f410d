using Microsoft.ML.StateSpace.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian;

/// <summary>How often gaps of time are halved, until a rate times what is left is at most 1.</summary>
/// <remarks>A rate on a device need not be looked at: then it is a matter of all gaps that a rate of up to <see cref="LargestRate"/> could halve, and each
/// says there how often it is.</remarks>
internal sealed class GapHalvings
{
    /// <summary>What rates are reckoned with where nobody looks, per unit of time.</summary>
    public const double LargestRate = 1 << 30;

    // What is doubled more often is beyond any float.
    private const int Most = 100;

    private readonly long[] _longest;
    private readonly Tensor? _counts;

    private GapHalvings(Tensor parts, long[] longest, Tensor? counts) => (Parts, _longest, _counts) = (parts, longest, counts);

    /// <summary>What is left of each gap, [n]; NaN where it would have to be halved oftener, and of all gaps where the rate is beyond what was reckoned with.</summary>
    public Tensor Parts { get; }

    /// <summary>How often a gap may have to be doubled again.</summary>
    public int MostDoublings => _longest.Length;

    /// <summary>Of how many gaps, the first ones, doubling <paramref name="i"/> is a matter.</summary>
    public long Longest(int i) => _longest[i];

    /// <summary>Which of these it does double, [count, 1, 1]; null: all.</summary>
    public Tensor? Doubled(int i) => _counts?.narrow(0, 0, _longest[i]).gt(i).view(-1, 1, 1);

    /// <summary>Halves gaps.</summary>
    /// <param name="gaps">The longest first.</param>
    /// <param name="rate">A number, in float64.</param>
    /// <param name="looks">Whether the rate is looked at, for which a device is waited for.</param>
    public static GapHalvings Of(IReadOnlyList<double> gaps, Tensor rate, bool looks)
    {
        double most = looks ? rate.item<double>() : LargestRate;
        var longest = Enumerable.Range(0, Most).Select(i => gaps.LongCount(gap => Math.ScaleB(gap * most, -i) > 1)).TakeWhile(count => count > 0).ToArray();
        // 1, ½, ¼ and so on: a gap is halved once for each of them that leaves more than 1 of it, and the last leaves nothing that counts.
        double[] halves = [.. Enumerable.Range(0, longest.Length + 1).Select(i => Math.ScaleB(1, -i))];
        var table = tensor([.. halves, double.NaN]).SendTo(rate.device);
        var times = tensor([.. gaps]).SendTo(rate.device);
        var counts = (times * rate).unsqueeze(1).mul(table.narrow(0, 0, halves.Length)).gt(1).sum([1]);
        var known = where(rate.le(most), ones_like(rate), full_like(rate, double.NaN));
        return new GapHalvings(times * known * table.index_select(0, counts), longest, looks ? null : counts);
    }
}
