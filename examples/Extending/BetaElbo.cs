using Microsoft.ML.StateSpace.Bounds;

/// <summary>log-likelihood − β KL (Higgins et al. 2017): a bound for β ≥ 1.</summary>
public sealed record BetaElbo : Bound
{
    /// <summary>β. Default 2.</summary>
    public double Beta { get; init; } = 2;

    public override BoundTerms Evaluate(BoundQuery query) => new Elbo().Evaluate(query with { KlWeight = Beta * query.KlWeight });

    public override IEnumerable<string> Validate()
    {
        foreach (string fault in base.Validate())
            yield return fault;
        if (!(Beta >= 1))
            yield return $"Beta is {Beta}; it must be at least 1.";
    }
}
