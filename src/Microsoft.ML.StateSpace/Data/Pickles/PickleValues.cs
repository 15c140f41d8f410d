namespace Microsoft.ML.StateSpace.Data.Pickles;

/// <summary>A list, tuple or set of a pickle. Two places of the file may share one, and a list may contain itself.</summary>
internal sealed class PickleItems(string kind, List<object?> items)
{
    /// <summary>What Python calls it.</summary>
    public string Kind { get; } = kind;

    public List<object?> Items { get; } = items;
}

/// <summary>A dictionary of a pickle, as the pairs that were put into it.</summary>
internal sealed class PickleDictionary
{
    public List<(object? Key, object? Value)> Pairs { get; } = [];
}
