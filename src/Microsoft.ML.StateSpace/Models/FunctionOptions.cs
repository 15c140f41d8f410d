namespace Microsoft.ML.StateSpace.Models;

/// <summary>A scalar of a known function: where it begins, and whether it is learned.</summary>
public sealed record FunctionScalar
{
    /// <summary>Where it begins; null: a uniform draw between <see cref="Lowest"/> and <see cref="Highest"/>. Default null.</summary>
    public double? Initial { get; init; }

    /// <summary>The least starting value drawn. Default −0.2.</summary>
    public double Lowest { get; init; } = -0.2;

    /// <summary>The greatest starting value drawn. Default 0.2.</summary>
    public double Highest { get; init; } = 0.2;

    /// <summary>Whether it is learned; else it stays where it begins. Default true.</summary>
    public bool Learned { get; init; } = true;

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (Initial is { } initial && !double.IsFinite(initial))
            yield return $"Initial is {Initial}; it must be a finite number.";
        if (!double.IsFinite(Lowest) || !double.IsFinite(Highest) || Lowest > Highest)
            yield return $"Lowest is {Lowest} and Highest {Highest}; they must be finite and in order.";
    }
}

/// <summary>A known function as the options name it.</summary>
/// <param name="Name">Its name in <see cref="KnownFunctions"/>.</param>
/// <param name="Scalars">How its scalars begin.</param>
/// <param name="Variance">The variance given, or null.</param>
/// <param name="LearnVariance">Whether the variance is learned.</param>
internal sealed record FunctionOptions(string Name, IReadOnlyDictionary<string, FunctionScalar> Scalars, IReadOnlyList<double>? Variance,
    bool LearnVariance)
{
    /// <summary>The function; <see cref="Validate"/> has found it.</summary>
    public KnownFunction Function => KnownFunctions.Find(Name) ?? throw new InvalidOperationException(Unknown);

    /// <summary>How a scalar begins: as the options say, else U(−0.2, 0.2).</summary>
    public FunctionScalar this[string scalar] => Scalars.TryGetValue(scalar, out var options) ? options : new FunctionScalar();

    private string Unknown => $"Function is '{Name}', which this program has not registered; call KnownFunctions.Register(\"{Name}\", …) first. "
        + $"Known: {string.Join(", ", KnownFunctions.Names.Select(n => $"'{n}'"))}.";

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (KnownFunctions.Find(Name) is not { } function)
        {
            yield return Unknown;
            yield break;
        }
        foreach (var (name, scalar) in Scalars)
        {
            if (!function.Scalars.Contains(name))
                yield return $"Scalars holds '{name}', which '{Name}' does not read; it reads {(function.Scalars.Count == 0 ? "none" : string.Join(", ", function.Scalars.Select(s => $"'{s}'")))}.";
            foreach (string fault in scalar.Validate())
                yield return $"Scalars.{name}.{fault}";
        }
        if (Variance is null && function.Variance is null)
            yield return $"Variance is not given, and '{Name}' has none of its own; give one number, or one per dimension.";
        if (Variance is not null && (Variance.Count == 0 || Variance.Any(v => !(v > 0 && double.IsFinite(v)))))
            yield return $"Variance is [{string.Join(", ", Variance)}]; it must be one or more numbers above 0.";
        if (LearnVariance && Variance is null)
            yield return "LearnVariance needs a Variance to begin at.";
    }

    /// <summary>What keeps the function from a model's sizes, each a sentence.</summary>
    /// <param name="latentSize">Z</param>
    /// <param name="outputSize">The numbers that it must give.</param>
    public IEnumerable<string> FaultsWith(int latentSize, int outputSize)
    {
        if (KnownFunctions.Find(Name) is not { } function)
            yield break;
        if (function.LatentSize is { } wanted && wanted != latentSize)
            yield return $"Function '{Name}' is one of {wanted} latent numbers; LatentSize is {latentSize}.";
        if ((function.OutputSize ?? latentSize) is var given && given != outputSize)
            yield return $"Function '{Name}' gives {given} numbers where {outputSize} are needed.";
        if (Variance is { Count: > 1 } && Variance.Count != outputSize)
            yield return $"Variance has {Variance.Count} numbers; it must have 1 or {outputSize}.";
    }

    /// <summary>By value: two options that say the same are the same.</summary>
    public bool Equals(FunctionOptions? other) => other is not null && Name == other.Name && LearnVariance == other.LearnVariance
        && Scalars.Count == other.Scalars.Count && Scalars.All(s => other.Scalars.TryGetValue(s.Key, out var scalar) && scalar == s.Value)
        && (Variance is null ? other.Variance is null : other.Variance is not null && Variance.SequenceEqual(other.Variance));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Scalars.Count, Variance?.Count, LearnVariance);
}
