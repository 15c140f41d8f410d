namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>What takes part in a comparison.</summary>
internal interface IContender : IDisposable
{
    /// <summary>What stands in the table.</summary>
    string Name { get; }

    /// <summary>Whether it is this library, a program beside it, or the least that either must do.</summary>
    ContenderKind Kind { get; }

    /// <summary>Floating-point operations of a round, in 10⁹; null: nobody counts them.</summary>
    double? Gigaflop => null;

    /// <summary>Does the work once.</summary>
    Round Run();
}

/// <summary>What a contender is to the others.</summary>
internal enum ContenderKind
{
    /// <summary>This library.</summary>
    Library,
    /// <summary>A PyTorch program that computes the same.</summary>
    Peer,
    /// <summary>The matrix products alone.</summary>
    Floor,
}

/// <summary>One round of a contender.</summary>
/// <param name="Wall">Seconds that went by.</param>
/// <param name="Cpu">Seconds of processor time of its process, user and system.</param>
/// <param name="Value">What it computed, for the check that all compute the same: a bound or log-likelihood per step; null: nothing.</param>
/// <param name="Steps">Steps of sequences that it went through.</param>
internal sealed record Round(double Wall, double Cpu, double? Value, long Steps);
