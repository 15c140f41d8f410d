using System.Globalization;
using System.Text.Json.Serialization;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>One of the parts that a job's files are dealt into, like cards: the k-th of n has the files k, k + n, k + 2n …</summary>
/// <param name="Index">k, from 1.</param>
/// <param name="Count">n.</param>
internal sealed record Shard(int Index, int Count)
{
    public static readonly Shard Whole = new(1, 1);

    private const int Most = 1_000_000;

    /// <summary>Reads <c>k/n</c>.</summary>
    /// <exception cref="UsageException">The text is no such pair.</exception>
    public static Shard Parse(string text)
    {
        string[] parts = text.Split('/');
        return parts.Length == 2 && Number(parts[0]) is { } index && Number(parts[1]) is { } count && new Shard(index, count) is { IsSound: true } shard
            ? shard
            : throw new UsageException($"--shard '{text}': write k/n with k from 1 to n, for example 3/16");
    }

    /// <summary>This shard's files.</summary>
    public IReadOnlyList<T> Of<T>(IReadOnlyList<T> all) => [.. all.Where((_, i) => i % Count == Index - 1)];

    /// <summary>How files of its own are called.</summary>
    [JsonIgnore]
    public string FileName => $"shard-{Index}-of-{Count}";

    /// <summary>Whether there can be such a shard.</summary>
    [JsonIgnore]
    public bool IsSound => Index >= 1 && Index <= Count && Count <= Most;

    /// <inheritdoc/>
    public override string ToString() => $"{Index}/{Count}";

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;
}
