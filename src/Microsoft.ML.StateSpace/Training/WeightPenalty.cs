using System.IO.Enumeration;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>A penalty on weights chosen by name: the loss per observed step grows by L1·Σ|w| + L2·Σw².</summary>
public sealed record WeightPenalty
{
    /// <summary>Names of the weights: <c>*</c> stands for any run of characters, <c>?</c> for any one, as in
    /// "generative.emission.*.weight". Default "*".</summary>
    public string Pattern { get; init; } = "*";

    /// <summary>Nats per unit of |w|. Default 0.</summary>
    public double L1 { get; init; }

    /// <summary>Nats per unit of w². Default 0.</summary>
    public double L2 { get; init; }

    /// <summary>Whether it falls on the weight of that name; letter case counts.</summary>
    public bool Covers(string name) => FileSystemName.MatchesSimpleExpression(Pattern, name, ignoreCase: false);

    /// <summary>Every fault of the options, each as a sentence that begins with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrEmpty(Pattern))
            yield return "Pattern is empty; \"*\" stands for every weight.";
        if (Optimizer.FaultOfAmount(L1, nameof(L1)) is { } first)
            yield return first;
        if (Optimizer.FaultOfAmount(L2, nameof(L2)) is { } second)
            yield return second;
        if (L1 == 0 && L2 == 0)
            yield return "L1 and L2 are 0; one of them must be above 0.";
    }

    /// <summary>A sentence for every penalty whose pattern names none of the weights.</summary>
    internal static IEnumerable<string> FaultsOf(IReadOnlyList<WeightPenalty> penalties, IReadOnlyCollection<string> names)
    {
        for (int i = 0; i < penalties.Count; i++)
            if (!names.Any(penalties[i].Covers))
                yield return $"Penalties[{i}].Pattern is '{penalties[i].Pattern}', which names no weight of the model; "
                    + $"its weights are {string.Join(", ", names.Order(StringComparer.Ordinal))}.";
    }
}
