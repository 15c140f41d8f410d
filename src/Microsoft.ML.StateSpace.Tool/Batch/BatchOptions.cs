namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>What a file that cannot be scored does to a run.</summary>
internal enum OnError
{
    /// <summary>It ends it.</summary>
    Stop,

    /// <summary>It is reported, and the others are scored.</summary>
    Skip,
}

/// <summary>What a batch job was asked for.</summary>
internal sealed record BatchOptions
{
    public required string Model { get; init; }

    /// <summary>Files, folders and patterns.</summary>
    public required IReadOnlyList<string> Data { get; init; }

    /// <summary>The folder of the scores.</summary>
    public required string Output { get; init; }

    public required string Device { get; init; }

    public IReadOnlyList<string> Columns { get; init; } = [];

    public IReadOnlyList<string> Keep { get; init; } = [];

    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>Files scored at a time.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Go on where a run ended: what is complete, of this job and of an unchanged input, is left as it is.</summary>
    public bool Resume { get; init; }

    /// <summary>Replace outputs that are there.</summary>
    public bool Overwrite { get; init; }

    public OnError OnError { get; init; }
}
